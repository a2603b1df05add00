import { LatchkeyError } from '../errors.js';
import { withoutRepeats } from './repeats.js';

export interface PasswordRules {
  /** Code points (NIST SP 800-63B-4 §3.1.1.2: 15 where the password is all there is). */
  readonly passwordMinLength: number;
  readonly passwordMaxBytes: number;
}

/** Of 0 to 4: guessable with fewer than 10^8 attempts is refused. */
const leastScore = 3;

const madeOfNames = 'it is made of the address or of the name of this product';

const reasons: Record<string, string> = {
  userInputs: madeOfNames,
  simpleRepeat: 'it repeats one character',
  extendedRepeat: 'it repeats one pattern',
  sequences: 'it is a sequence',
  recentYears: 'it is made of years',
  dates: 'it is made of dates',
  straightRow: 'it is a row of the keyboard',
  keyPattern: 'it is a pattern on the keyboard',
};

/**
 * Refuses a password that is too short, too long or easy to guess: common ones, the user's address, the
 * product's name, repeats, rows of keys. No rules of composition (NIST SP 800-63B-4 §3.1.1.2).
 * Throws PASSWORD_UNACCEPTABLE with the reason.
 */
export async function assertAcceptablePassword(
  rules: PasswordRules,
  password: string,
  userName: string,
): Promise<void> {
  const length = [...password.normalize('NFC')].length;
  if (length < rules.passwordMinLength) {
    throw unacceptable(`it has ${length} characters and needs at least ${rules.passwordMinLength}`);
  }
  if (Buffer.byteLength(password) > rules.passwordMaxBytes) {
    throw unacceptable(`it is longer than ${rules.passwordMaxBytes} bytes`);
  }
  const estimator = await loadEstimator();
  const names = ['latchkey', userName, ...userName.split(/[^\p{L}\p{N}]+/u)].filter((name) => name.length > 3);
  const { score, feedback } = estimator.check(password, names);
  if (score < leastScore) {
    throw unacceptable(reasons[feedback.warning ?? ''] ?? 'it is, or is close to, one that many people use');
  }
  // The estimator counts each name as a word to be guessed; whoever attacks this account has them for nothing.
  const rest = names.reduce((left, name) => left.replaceAll(name, ''), password.toLowerCase());
  if (rest.length < password.length && estimator.check(rest).score < leastScore) throw unacceptable(madeOfNames);
  // It also counts a word again that came before with something between: "password password" would be strong.
  const once = withoutRepeats(password);
  if (once.length < password.length && estimator.check(once, names).score < leastScore) {
    throw unacceptable(reasons.extendedRepeat ?? '');
  }
}

function unacceptable(reason: string): LatchkeyError {
  return new LatchkeyError('PASSWORD_UNACCEPTABLE', { message: `The password is refused: ${reason}.` });
}

/** Loaded when first needed: the dictionaries weigh 25 MB, and a server that only signs people in needs none. */
async function loadEstimator() {
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
}
