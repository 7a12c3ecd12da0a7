"""Reading the contrast agent's and the route's own fields, as typed at the console."""

from ductdicom.language.agents import AgentClass, agent_in
from ductdicom.language.codes import Route, route_in
from ductdicom.vocabulary.terms import Vocabulary, load_vocabulary

__all__ = ["AgentClass", "read_agent", "read_route"]


def read_agent(value: str, vocabulary: Vocabulary) -> AgentClass:
    """Say what the text of Contrast/Bolus Agent (0018,0010) states.

    Whether a value counts at all is for the study to say: consoles copy it onto every image.
    """
    return agent_in(value, vocabulary)


def read_route(value: str, vocabulary: Vocabulary | None = None) -> Route | None:
    """Say which way Contrast/Bolus Route (0018,1040) names, None where it names both or none."""
    return route_in(value, vocabulary or load_vocabulary())
