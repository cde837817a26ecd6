// What the parts about growth share: curves by a number, and the steepest step of each.
import { plain, ratio } from "./figures.mjs";
import { labelOf } from "./names.mjs";
import { plot } from "./plot.mjs";
import { curve, sidesOf } from "./tables.mjs";

/** A plot with a line for each side. */
export function lines(results, { title, x, y, key, path, divide = 1, extra = [] }) {
  const series = sidesOf(results).map((side) => ({
    side,
    label: labelOf(side),
    points: curve(results, side, key, path).map(([at, value]) => [at, value / divide]).filter(([, value]) => value > 0),
  }));
  return plot({ title, x, y, series: [...series, ...extra] });
}

/**
 * Does the whole of it grow faster than its number? Of each two neighbouring numbers by how much the cost of one grows beside the
 * number itself: 0 is a constant cost each, so that the whole is linear; 1 means that the whole is quadratic.
 */
export function steepest(points) {
  let worst = { slope: -Infinity };
  for (let index = 1; index < points.length; index++) {
    const [[before, less], [after, more]] = [points[index - 1], points[index]];
    const slope = Math.log(more / less) / Math.log(after / before);
    if (slope > worst.slope) worst = { slope, before, after, times: more / less };
  }
  return worst;
}

/** The steepest step in words. */
export const steepestInWords = (points) => {
  if (points.length < 2) return "–";
  const { before, after, times } = steepest(points);
  return `${ratio(times)} × from ${plain(before)} to ${plain(after)}`;
};
