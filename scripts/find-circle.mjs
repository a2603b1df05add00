/**
 * @param {(readonly [string, string])[]} edges from → to
 * @returns {string[] | undefined} the nodes of a circle, the first one again at the end; undefined where there is none
 */
export function findCircle(edges) {
  const next = new Map();
  for (const [from, to] of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set();
  for (const start of next.keys()) {
    const circle = walk(start, next, done, []);
    if (circle) return circle;
  }
  return undefined;
}

function walk(node, next, done, path) {
  if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
  if (done.has(node)) return undefined;
  for (const to of next.get(node) ?? []) {
    const circle = walk(to, next, done, [...path, node]);
    if (circle) return circle;
  }
  done.add(node);
  return undefined;
}
