import { cpuSeconds } from './children.mjs';

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {import('./children.mjs').Child} [child]
 * @property {(seconds: number) => Promise<{ rate: number, refused?: number, firstRefused?: string, samples?: string[] }>} run
 * @property {(body: any) => boolean} [check] whether an answer, read as JSON, is what was asked for
 *
 * @typedef {{ name: string, rate: number, min: number, max: number, rates: number[], clientCpu?: number, cpu?: number }} Figure `cpu`: of the server, in
 *   microseconds an answer; what other processes do on the machine hardly changes it
 */

/**
 * Measures the contestants in turn, A B C A B C …, so that whatever else the machine does falls on all of them.
 * @param {Contestant[]} contestants
 * @param {{ rounds: number, seconds: number, warmUp: number }} plan
 * @param {(line: string) => void} progress
 * @returns {Promise<Figure[]>}
 */
export async function measure(contestants, plan, progress) {
  const results = contestants.map(() => []);
  for (const contestant of contestants) await runOnce(contestant, plan.warmUp);
  for (let round = 1; round <= plan.rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const result = await runOnce(contestant, plan.seconds);
      results[i].push(result);
      progress(`  round ${round}/${plan.rounds}  ${contestant.name}: ${Math.round(result.rate)}/s`);
    }
  }
  return contestants.map(({ name }, i) => {
    const rates = results[i].map(({ rate }) => rate);
    const cpu = results[i].map(({ clientCpu }) => clientCpu).filter((share) => share !== undefined);
    const serverCpu = results[i].map(({ serverCpu: each }) => each).filter((each) => each !== undefined);
    return {
      name,
      ...spread(rates),
      rates,
      ...(cpu.length > 0 && { clientCpu: median(cpu) }),
      ...(serverCpu.length > 0 && { cpu: median(serverCpu) }),
    };
  });
}

// A figure with wrong answers in it is no figure: the run stops and shows the first of them.
async function runOnce({ name, run, check, child }, seconds) {
  const cpuBefore = child?.port && cpuSeconds(child);
  const result = await run(seconds);
  if (cpuBefore !== undefined && result.ok) result.serverCpu = ((cpuSeconds(child) - cpuBefore) * 1e6) / result.ok;
  if (result.refused) throw new Error(`${name}: ${result.refused} wrong answers, the first: ${result.firstRefused}`);
  if (!(result.rate > 0)) throw new Error(`${name} gave no answers in ${seconds} s`);
  const wrong = check && result.samples.find((body) => !check(JSON.parse(body)));
  if (wrong) throw new Error(`${name}: not the answer that was asked for: ${wrong.slice(0, 300)}`);
  return result;
}

/**
 * How many times as fast the first figure is as the second: the median over the rounds, each compared with its own round.
 * @param {Figure} ours
 * @param {Figure} theirs
 */
export function ratio(ours, theirs) {
  const { rate, min, max } = spread(ours.rates.map((rate, round) => rate / theirs.rates[round]));
  return { ratio: rate, min, max };
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function spread(rates) {
  return { rate: median(rates), min: Math.min(...rates), max: Math.max(...rates) };
}

/**
 * Shorter rounds and more of them, so that a contestant and the one that it is compared with are measured closer
 * together. @param {number} parts each round becomes so many, which take twice as long together
 */
export function inShortRounds({ rounds, seconds, warmUp }, parts) {
  return { rounds: parts * rounds, seconds: (2 * seconds) / parts, warmUp };
}
