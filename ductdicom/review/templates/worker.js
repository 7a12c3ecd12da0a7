"use strict";
// Fetches an image and undoes how its stored values were packed (see ductdicom/review/encoding.py).
const BAND_ROWS = 128;

const decode = (raw, rows, columns) => {
  const values = new Uint16Array(rows * columns);
  let at = 0;
  for (let top = 0; top < rows; top += BAND_ROWS) {
    const high = Math.min(BAND_ROWS, rows - top) * columns;
    let to = top * columns;
    for (let r = top; r < Math.min(rows, top + BAND_ROWS); r += 1) {
      let value = 0;
      for (let c = 0; c < columns; c += 1, at += 1, to += 1) {
        const folded = raw[at] | (raw[at + high] << 8);
        value = (value + ((folded >>> 1) ^ -(folded & 1))) & 0xffff;
        values[to] = value;
      }
    }
    at += high;
  }
  return values;
};

addEventListener("message", async ({ data: { id, address, rows, columns } }) => {
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(await answer.text());
    const raw = new Uint8Array(await answer.arrayBuffer());
    if (raw.length !== 2 * rows * columns) throw new Error("the image came cut off");
    const values = decode(raw, rows, columns);
    postMessage({ id, values }, [values.buffer]);
  } catch (error) {
    postMessage({ id, error: error.message });
  }
});
