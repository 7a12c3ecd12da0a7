"use strict";
// Stored values to the screen: every pixel is looked up in a table of grey, nothing else is known.
const draw = (() => {
  const BLACK = 0xff000000;

  // Each entry as the four bytes of a pixel.
  const asPixels = (table) => Uint32Array.from(table, (grey) => BLACK | (grey * 0x010101));

  const exact = (out, { w, h }, { values, rows, columns }, pixels, { x, y }) => {
    const from = Math.max(0, -x);
    const to = Math.min(w, columns - x);
    for (let r = 0; r < h; r += 1) {
      const row = y + r;
      if (row < 0 || row >= rows) continue;
      const at = row * columns + x;
      const line = r * w;
      for (let c = from; c < to; c += 1) out[line + c] = pixels[values[at + c]];
    }
  };

  // First and last but one stored pixel of each pixel of the screen, at least one of them.
  const edges = (count, start, step, limit) => {
    const found = new Int32Array(2 * count);
    for (let i = 0; i < count; i += 1) {
      const first = Math.round(start + i * step);
      const last = Math.max(first + 1, Math.round(start + (i + 1) * step));
      found[2 * i] = Math.max(first, 0);
      found[2 * i + 1] = Math.min(last, limit);
    }
    return found;
  };

  // Grey first, then its mean: the mean of stored values would be another grey at an edge.
  const reduced = (out, { w, h }, { values, rows, columns }, table, { x, y, sx, sy }) => {
    const across = edges(w, x, sx, columns);
    const down = edges(h, y, sy, rows);
    for (let r = 0; r < h; r += 1) {
      const top = down[2 * r];
      const bottom = down[2 * r + 1];
      if (bottom <= top) continue;
      for (let c = 0; c < w; c += 1) {
        const left = across[2 * c];
        const right = across[2 * c + 1];
        if (right <= left) continue;
        let sum = 0;
        for (let row = top; row < bottom; row += 1) {
          const end = row * columns + right;
          for (let i = row * columns + left; i < end; i += 1) sum += table[values[i]];
        }
        const grey = Math.round(sum / ((bottom - top) * (right - left)));
        out[r * w + c] = BLACK | (grey * 0x010101);
      }
    }
  };

  // Values between pixels, but not between an image and its padding.
  const enlarged = (out, { w, h }, { values, rows, columns, padding }, pixels, { x, y, sx, sy }) => {
    const [first, last] = padding ?? [1, 0];
    const isPadding = (value) => value >= first && value <= last;
    for (let r = 0; r < h; r += 1) {
      const v = y + (r + 0.5) * sy;
      if (v < 0 || v >= rows) continue;
      const top = Math.max(0, Math.floor(v - 0.5));
      const below = Math.min(rows - 1, top + 1);
      const fy = Math.min(1, Math.max(0, v - 0.5 - top));
      for (let c = 0; c < w; c += 1) {
        const u = x + (c + 0.5) * sx;
        if (u < 0 || u >= columns) continue;
        const left = Math.max(0, Math.floor(u - 0.5));
        const beside = Math.min(columns - 1, left + 1);
        const fx = Math.min(1, Math.max(0, u - 0.5 - left));
        const a = values[top * columns + left];
        const b = values[top * columns + beside];
        const d = values[below * columns + left];
        const e = values[below * columns + beside];
        if (isPadding(a) || isPadding(b) || isPadding(d) || isPadding(e)) {
          out[r * w + c] = pixels[values[Math.floor(v) * columns + Math.floor(u)]];
          continue;
        }
        const upper = a + (b - a) * fx;
        out[r * w + c] = pixels[Math.round(upper + (d + (e - d) * fx - upper) * fy)];
      }
    }
  };

  // Draw a part of an image: `place` has the stored pixel at the corner (x, y) and how many stored
  // pixels one of the screen covers (sx, sy).
  const picture = (canvas, image, table, place) => {
    const { width: w, height: h } = canvas;
    const context = canvas.getContext("2d", { alpha: false });
    const data = context.createImageData(w, h);
    const out = new Uint32Array(data.data.buffer).fill(BLACK);
    const size = { w, h };
    if (place.sx === 1 && place.sy === 1) {
      const whole = { x: Math.round(place.x), y: Math.round(place.y) };
      exact(out, size, image, asPixels(table), whole);
    } else if (place.sx < 1 && place.sy < 1) {
      enlarged(out, size, image, asPixels(table), place);
    } else {
      reduced(out, size, image, table, place);
    }
    context.putImageData(data, 0, 0);
  };

  // ---- a window by hand: the function LINEAR (DICOM PS3.3 C.11.2.1.2.1)

  const isPaddingOf = ({ padding }) => {
    const [first, last] = padding ?? [1, 0];
    return (i) => i >= first && i <= last;
  };

  // Whether great values are dark: told by the table, as images for processing are known by it alone.
  const isInverted = (image, table) => {
    const isPadding = isPaddingOf(image);
    const ends = [...table.keys()].filter((i) => !isPadding(i));
    return (table[ends.at(-1)] >= table[ends[0]]) === (image.slope < 0);
  };

  const linear = (image, { center, width, inverted }) => {
    const { count, first, slope, intercept } = image;
    const isPadding = isPaddingOf(image);
    const table = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) {
      if (isPadding(i)) continue;
      const value = (i + first) * slope + intercept;
      const share = Math.min(1, Math.max(0, (value - center + 0.5) / (width - 1) + 0.5));
      table[i] = Math.round(255 * (inverted ? 1 - share : share));
    }
    return table;
  };

  // The window that a table is most like, from its 1 % to its 99 %, so that nothing jumps.
  const fitted = (image, table) => {
    const { count, first, slope, intercept } = image;
    const inverted = isInverted(image, table);
    const isPadding = isPaddingOf(image);
    const grey = (i) => (inverted ? 255 - table[i] : table[i]);
    const rising = [...table.keys()].filter((i) => !isPadding(i));
    if (slope < 0) rising.reverse();
    const low = rising.find((i) => grey(i) > 0.01 * 255) ?? rising[0];
    const high = rising.find((i) => grey(i) >= 0.99 * 255) ?? rising.at(-1);
    const [from, to] = [low, high].map((i) => (i + first) * slope + intercept);
    const width = Math.max(2, (to - from) / 0.98 + 1);
    return { center: (from + to) / 2 + 0.5, width: Math.min(width, 2 * count * Math.abs(slope)), inverted };
  };

  return { picture, linear, fitted };
})();
