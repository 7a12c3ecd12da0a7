"""Modules of a mammogram that say how it was made and how it is shown."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ductdicom.phantom.codes import code_sequence, decimal, put
from ductdicom.phantom.spec import MammogramSpec


def put_technique(dataset: Dataset, spec: MammogramSpec) -> None:
    """Set geometry, exposure, detector and contrast."""
    _acquisition(dataset, spec)
    _detector(dataset, spec)
    _contrast(dataset, spec)


def _acquisition(dataset: Dataset, spec: MammogramSpec) -> None:
    beam = spec.beamline
    factor = beam.magnification
    put(
        dataset,
        KVP=decimal(beam.kvp),
        Exposure=78,
        ExposureTime=940,
        XRayTubeCurrent=83,
        FilterMaterial=beam.filter_material,
        AnodeTargetMaterial=beam.anode,
        FocalSpots=decimal(beam.focal_spot_mm),
        Grid=list(beam.grid) if beam.grid else None,
        PaddleDescription=beam.paddle,
        CompressionForce=decimal(beam.force_n),
        BodyPartThickness=decimal(beam.thickness_mm),
        RelativeXRayExposure=412,
        EntranceDoseInmGy=decimal(6.2),
        OrganDose=decimal(0.0143),
        PositionerType="MAMMOGRAPHIC",
        PositionerPrimaryAngle=decimal(_angle(spec)),
        EstimatedRadiographicMagnificationFactor=decimal(factor),
        DistanceSourceToDetector=decimal(660),
        DistanceSourceToPatient=decimal(round(660 / factor, 4)) if factor else None,
        AcquisitionDeviceProcessingDescription=spec.texts.processing,
    )


def _angle(spec: MammogramSpec) -> float:
    # Toward the patient's left is negative for a left breast (DICOM PS3.3 C.8.11.7.1.5).
    angle = {"MLO": 45.0, "ML": 90.0, "LM": -90.0}.get(str(spec.view), 0.0)
    return angle if spec.laterality == "R" else -angle + 0.0


def _detector(dataset: Dataset, spec: MammogramSpec) -> None:
    pitch = spec.device.pitch_mm
    spacing = spec.beamline.imager_spacing_mm or pitch
    put(
        dataset,
        DetectorType="SCINTILLATOR",
        DetectorConfiguration="AREA",
        DetectorID=None if spec.is_deidentified else spec.device.serial,
        DateOfLastDetectorCalibration=None if spec.is_deidentified else "20251201",
        DetectorConditionsNominalFlag="YES",
        DetectorActiveShape="RECTANGLE",
        DetectorElementSpacing=[decimal(pitch)] * 2,
        DetectorElementPhysicalSize=[decimal(pitch)] * 2,
        ImagerPixelSpacing=[decimal(spacing)] * 2,
        FieldOfViewShape="RECTANGLE",
        FieldOfViewOrigin=["0", "0"],
        FieldOfViewRotation="0",
        FieldOfViewHorizontalFlip="NO",
        ExposureControlMode="AUTOMATIC",
        ExposureStatus="NORMAL",
    )


def _contrast(dataset: Dataset, spec: MammogramSpec) -> None:
    agent = spec.contrast
    if agent is None:
        return
    put(
        dataset,
        ContrastBolusAgent=agent.agent,
        ContrastBolusRoute=agent.route,
        ContrastBolusVolume=decimal(agent.volume_ml),
        ContrastBolusTotalDose=decimal(agent.total_dose_ml),
        ContrastBolusStartTime=agent.start_time,
        ContrastBolusStopTime=agent.stop_time,
        ContrastFlowRate=decimal(agent.flow_rate_ml_s),
        ContrastBolusIngredient=agent.ingredient,
        ContrastBolusIngredientConcentration=decimal(agent.concentration_mg_ml),
    )
    if agent.agent_codes:
        dataset.ContrastBolusAgentSequence = code_sequence(agent.agent_codes)
    if agent.route_codes:
        dataset.ContrastBolusAdministrationRouteSequence = code_sequence(agent.route_codes)


def put_grey(dataset: Dataset, spec: MammogramSpec) -> None:
    """Set how stored values become grey; a For Processing image has no VOI."""
    look = spec.presentation
    is_processing = spec.intent == "FOR PROCESSING"
    put(
        dataset,
        PixelIntensityRelationship="LIN" if is_processing else "LOG",
        PixelIntensityRelationshipSign=1 if is_processing else -1,
        RescaleIntercept="0",
        RescaleSlope="1",
        RescaleType="US",
        PresentationLUTShape=look.shape,
    )
    if is_processing:
        return
    if look.windows:
        dataset.WindowCenter = [decimal(window.center) for window in look.windows]
        dataset.WindowWidth = [decimal(window.width) for window in look.windows]
        if any(window.explanation for window in look.windows):
            dataset.WindowCenterWidthExplanation = [window.explanation for window in look.windows]
        put(dataset, VOILUTFunction=look.voi_function)
    items = []
    for lut in look.luts:
        item = Dataset()
        item.add_new("LUTDescriptor", "US", [len(lut.table) % 65536, lut.first, lut.bits])
        item.LUTExplanation = lut.explanation
        item.add_new("LUTData", "OW", lut.table.astype("<u2").tobytes())
        items.append(item)
    if items:
        dataset.VOILUTSequence = items


def put_pixels(
    dataset: Dataset, pixels: NDArray[np.unsignedinteger[Any]], spec: MammogramSpec
) -> None:
    """Set the pixels and what describes their raster.

    Parameters
    ----------
    pixels
        Stored values, shape ``(rows, columns)``, below ``2**spec.presentation.bits``.
    """
    look = spec.presentation
    pitch = spec.beamline.imager_spacing_mm or spec.device.pitch_mm
    put(
        dataset,
        SamplesPerPixel=1,
        PhotometricInterpretation=look.photometric,
        Rows=pixels.shape[0],
        Columns=pixels.shape[1],
        BitsAllocated=16,
        BitsStored=look.bits,
        HighBit=look.bits - 1,
        PixelRepresentation=0,
        PixelPaddingValue=look.padding,
        PixelPaddingRangeLimit=look.padding_limit,
        FieldOfViewDimensions=[round(length * pitch) for length in pixels.shape],
        DetectorActiveDimensions=[decimal(round(length * pitch, 2)) for length in pixels.shape],
    )
    dataset.add_new("PixelData", "OW", pixels.astype("<u2").tobytes())
