import { residentMegabytes } from './children.mjs';
import { startLoad } from './load.mjs';
import { measure, ratio } from './measure.mjs';

/**
 * @typedef {object} Row one kind of work, done by all contestants
 * @property {string} name what --only takes
 * @property {string} title
 * @property {number} connections
 * @property {(tools: { load: Awaited<ReturnType<typeof import('./load.mjs').startLoad>>, withLatchkey: boolean }) => Promise<import('./measure.mjs').Contestant[]>} contestants
 *   starts them
 * @property {(plan: object) => object} [planOf] changes how long and how often it is measured
 * @property {{ ours: string, of: string[], atLeast?: number }[]} targets `of`: the fastest of these is what ours is compared with
 */

/**
 * Starts the contestants of a row, measures them and stops them.
 * @param {Row} row
 */
export async function runRow(row, withLatchkey, commonPlan, progress) {
  const plan = row.planOf?.(commonPlan) ?? commonPlan;
  progress(`${row.name}: starting the contestants`);
  const contestants = await row.contestants({ load: await startLoad(), withLatchkey });
  const figures = await measure(contestants, plan, progress);
  const memory = memoryAfterLoad(contestants);
  const { name, title, connections } = row;
  return { name, title, connections, plan, figures, memory, comparisons: compare(row, figures) };
}

// What the load left behind, read while the processes still run.
function memoryAfterLoad(contestants) {
  const servers = contestants.filter(({ child }) => child.port);
  return servers.map(({ name, child }) => ({ name, megabytes: residentMegabytes(child) }));
}

/** Each of the targets, and whether it was met. @param {Pick<Row, 'title' | 'targets'>} row @param {import('./measure.mjs').Figure[]} figures */
export function compare({ title, targets }, figures) {
  const find = (name) => figures.find((figure) => figure.name === name);
  return targets.map(({ ours, of, atLeast }) => {
    const theirs = of.map(find).reduce((best, figure) => (figure.rate > best.rate ? figure : best));
    const comparison = {
      what: title,
      ours,
      figure: find(ours)?.rate,
      unit: '/s',
      of: theirs.name,
      ofFigure: theirs.rate,
    };
    if (!find(ours)) return { ...comparison, verdict: 'not measured' };
    const result = ratio(find(ours), theirs);
    if (atLeast === undefined) return { ...comparison, ...result, verdict: '' };
    return {
      ...comparison,
      ...result,
      target: `≥ ${Number(atLeast.toFixed(2))}`,
      verdict: result.ratio >= atLeast ? 'met' : 'missed',
    };
  });
}
