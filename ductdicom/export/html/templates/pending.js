// Decisions on a study that are not saved yet, kept by the browser until they are, and those that
// were saved from this page until it is drawn anew. Pages that are opened as files share what they
// keep in Chromium and have each their own in Firefox: what is found there need not be ours.
const makePending = ({ key, batch, state, drawn }) => {
  const name = `ductdicom:${batch}:${key}`;
  const VALUES = {
    phase: /^(pre|post|unknown)$/,
    laterality: /^[LRB]$/,
    view: /^[A-Z]{2,4}$/,
    exclude: /^(true|false)$/,
    note: /^.*$/, // one that is too long is kept, and not saved until it is shortened
    verdict: /^(reviewed|cannot-tell|not-a-ductogram|reopened)$/,
  };
  const DECIDING = ["phase", "laterality", "view", "exclude", "verdict"];
  const NOTHING = { steps: [], saved: [], state };
  let steps = []; // one field of one image, or of the study, whose image is ""; the last is undone first
  let saved = []; // events, as they stand in files
  let seen = state; // of the page on which the steps were made

  const isStep = (step) => typeof step?.image === "string" && /^[\w-]*$/.test(step.image)
    && VALUES[step.field]?.test(step.value) && !Number.isNaN(Date.parse(step.at));
  const isEvent = (event) => DECIDING.some((field) => VALUES[field].test(event?.[field]));

  const read = () => {
    let kept = NOTHING;
    try {
      kept = { ...NOTHING, ...JSON.parse(localStorage.getItem(name)) };
    } catch { /* the browser keeps nothing, or not what we wrote */ }
    steps = Array.isArray(kept.steps) ? kept.steps.filter(isStep) : [];
    seen = steps.length ? kept.state : state;
    const isSame = kept.state === state && Array.isArray(kept.saved);
    saved = isSame ? kept.saved.filter(isEvent) : [];
  };

  // Whether the browser keeps it.
  const keep = () => {
    try {
      if (steps.length || saved.length) {
        localStorage.setItem(name, JSON.stringify({ state: seen, steps, saved, drawn }));
      } else {
        localStorage.removeItem(name);
      }
      return true;
    } catch {
      return false;
    }
  };

  const groupOf = (step) => steps.filter((other) => other.group === step?.group);

  // Steps that are done, and undone, together; `goesOn`: the last one was on its way to this one,
  // as a note is letter by letter.
  const add = (decided, goesOn = false) => {
    const [first] = decided;
    const last = steps.at(-1);
    const isSame = goesOn && last?.image === first.image && last.field === first.field;
    const group = isSame ? last.group : (last?.group ?? 0) + 1;
    const at = new Date().toISOString();
    if (isSame) steps.pop();
    // A note that was begun and wiped out again is none.
    if (first.field === "note" && !first.value && !of(first.image).values.note) return keep();
    steps.push(...decided.map((step) => ({ ...step, at, group })));
    return keep();
  };

  const undo = () => {
    const undone = groupOf(steps.at(-1));
    steps = steps.filter((step) => !undone.includes(step));
    if (!steps.length) seen = state;
    keep();
    return undone;
  };

  const savedOf = (image) => Object.assign({},
    ...saved.filter((event) => (event.image ?? "") === image));

  // What is not saved yet of an image, or of the study; a note that was wiped out again is none.
  const freshOf = (image) => {
    const own = steps.filter((step) => step.image === image);
    const values = Object.fromEntries(own.map(({ field, value }) => [field, value]));
    if (!values.note && !savedOf(image).note) delete values.note;
    return values;
  };

  const isPending = (image) => Object.keys(freshOf(image)).length > 0;
  const pendingImages = () => [...new Set(steps.map((step) => step.image))].filter(isPending);

  // What is decided here of an image, or of the study, and whether a part of it is not saved.
  const of = (image) => {
    const { by, at, study, undoes, content, image: _, ...values } = savedOf(image);
    return { values: { ...values, ...freshOf(image) }, isPending: isPending(image) };
  };

  // What was said otherwise before, and is taken back: nobody's word counts where two differ, and
  // one's own earlier word may bear a later time, of a clock that is fast.
  const replaced = (values, opinions) => opinions.filter((said) => said.field in values
    && said.value !== String(values[said.field]));

  // What another person said of that.
  const overruled = (values, opinions, by) => replaced(values, opinions)
    .filter((said) => said.by.toUpperCase() !== by.toUpperCase());

  // What is not saved yet, one event an image; a note alone comes with what was decided before.
  // `lookedOn` returns what is looked at: `content`, the hash of an image's file or of all that the
  // sheet shows, and the `opinions` on it.
  const events = (by, lookedOn) => pendingImages().map((image) => {
    const own = steps.filter((step) => step.image === image);
    const values = freshOf(image);
    const isBare = !DECIDING.some((field) => field in values);
    const { content, opinions } = lookedOn(image);
    const undoes = replaced(values, opinions).map((said) => said.id);
    const { note, ...decided } = { ...(isBare ? savedOf(image) : {}), ...values };
    return {
      ...decided,
      ...(image ? { image } : { study: key }),
      ...(note ? { note } : {}),
      ...(content ? { content } : {}),
      ...(undoes.length ? { undoes } : {}),
      by,
      at: own.at(-1).at.slice(0, 23), // to the millisecond: of two the newest counts
    };
  });

  read();
  return {
    name, add, events, isEvent, of, overruled, read, undo,
    count: () => pendingImages().length,
    saved: () => saved,
    isOld: () => seen !== state,
    lookedAt: () => {
      seen = state;
      keep();
    },
    settle: (written) => {
      saved = [...saved.filter((event) => !written.includes(event)), ...written];
      steps = [];
      return keep();
    },
  };
};
