import type { SettingKey } from '../config/schema.js';
import type { Io } from './io.js';

/** A flag of one command that is no setting. */
export interface Option {
  readonly about: string;
  /** The name of the value in help; without one the flag takes none. */
  readonly placeholder?: string;
}

/** What was found on the command line, by flag name without dashes. */
export type Flags = Readonly<Record<string, string | true>>;

export interface Invocation {
  readonly args: readonly string[];
  readonly flags: Flags;
  readonly env: NodeJS.ProcessEnv;
  readonly io: Io;
}

export interface Command {
  /** The words that call it, such as `user add`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** More for its own help. */
  readonly about: string;
  /** Names of the arguments; each must be given, but one in brackets, which comes last. */
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** The settings that it takes as flags. */
  readonly settings: readonly SettingKey[];
  readonly examples: readonly string[];
  /** Returns the exit code; what it throws becomes one line on stderr. */
  run(invocation: Invocation): Promise<number>;
}
