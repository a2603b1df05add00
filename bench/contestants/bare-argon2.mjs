// The bare rate of password hashes with Latchkey's parameters, on all cores and without HTTP.
// As many hashes are under way as the thread pool has threads (4, or one per core where there are more): measured
// here, four on two cores are 15 % faster than two, and eight no faster than four.
import { availableParallelism } from 'node:os';
import { Algorithm, hash } from '@node-rs/argon2';
import { announceRate } from '../lib/contestant.mjs';
import { rateOf } from '../lib/rate-of.mjs';

const inFlight = Math.max(4, availableParallelism());
const parameters = { algorithm: Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
announceRate((seconds) => rateOf(() => hash('a password of the bench', parameters), inFlight, seconds));
