"use strict";
// Where images stand beside and upon one another. Lengths are millimetres at the breast for tiles of
// known scale, page units for others; a view has its middle (x, y) and the CSS pixels for one unit (k).
const geometry = (() => {
  const BARS_MM = [100, 50, 20, 10, 5, 2, 1];

  // Width and height of a tile.
  const size = (tile) => {
    const unit = tile.mm ?? 1;
    return { w: tile.box[2] * unit, h: tile.box[3] * unit };
  };

  // Give each tile of a row its top left corner in coordinates that the row has in common: images
  // are laid nipple on nipple where it is seen in all of them, else as on the page.
  const align = (row) => {
    const linked = row.filter((tile) => tile.mm);
    const hasTips = linked.length > 0 && linked.every((tile) => tile.tip);
    for (const tile of row) {
      const { w, h } = size(tile);
      const [x, y] = tile.box;
      if (!tile.mm) {
        tile.corner = { x: -w / 2, y: -h / 2 };
      } else if (hasTips) {
        tile.corner = { x: (x - tile.tip[0]) * tile.mm, y: (y - tile.tip[1]) * tile.mm };
      } else {
        const middle = tile.field[1] + tile.field[3] / 2;
        const left = { left: 0, right: -w }[tile.wall] ?? -w / 2;
        tile.corner = { x: left, y: (y - middle) * tile.mm };
      }
      tile.moved = { x: 0, y: 0 };
      tile.atTip = hasTips;
    }
  };

  const edges = (tile) => {
    const { w, h } = size(tile);
    const left = tile.corner.x + tile.moved.x;
    const top = tile.corner.y + tile.moved.y;
    return { left, top, right: left + w, bottom: top + h };
  };

  const around = (tiles) => {
    const all = tiles.map(edges);
    return {
      left: Math.min(...all.map((e) => e.left)),
      top: Math.min(...all.map((e) => e.top)),
      right: Math.max(...all.map((e) => e.right)),
      bottom: Math.max(...all.map((e) => e.bottom)),
    };
  };

  // The view that shows an area whole in a room of CSS pixels.
  const fit = (area, room) => ({
    x: (area.left + area.right) / 2,
    y: (area.top + area.bottom) / 2,
    k: Math.min(room.width / (area.right - area.left), room.height / (area.bottom - area.top)),
  });

  // The part of a page that a close-up frames, in the coordinates of the tile it is a part of.
  const framed = (part, tile) => {
    const unit = tile.mm ?? 1;
    const left = tile.corner.x + (part[0] - tile.box[0]) * unit;
    const top = tile.corner.y + (part[1] - tile.box[1]) * unit;
    return { left, top, right: left + part[2] * unit, bottom: top + part[3] * unit };
  };

  // CSS pixels for one unit at which an embedded pixel is a pixel of the screen.
  const native = (tile, columns) => columns / size(tile).w / window.devicePixelRatio;

  // Length of a scale bar in millimetres that is no longer than the room.
  const bar = (k, room) => BARS_MM.find((mm) => mm * k <= room) ?? BARS_MM.at(-1);

  return { align, around, bar, edges, fit, framed, native, size };
})();
