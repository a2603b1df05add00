import { comesFrom, describeDefault } from '../config/describe.js';
import { envName, flagName } from '../config/names.js';
import { type Setting, type SettingKey, settings } from '../config/schema.js';
import type { Command } from './command.js';
import { type Entry, page, section, wrap } from './layout.js';
import { commonOptions } from './parse.js';

/** Columns on the left of the texts: commands are short, flags with their values are long. */
const narrow = 19;
const wide = 30;

const exitCodes: readonly Entry[] = [
  { label: '0', text: ['Done, or stopped by a signal after finishing what was in flight.'] },
  { label: '1', text: ['Something failed while running.'] },
  { label: '2', text: ['Wrong usage, or a bad setting.'] },
];

/** Help for `latchkey` and for a group of commands such as `latchkey user`. */
export function overviewHelp(group: string, commands: readonly Command[], width: number): string {
  const call = ['latchkey', group].filter(Boolean).join(' ');
  const entries = commands.map(({ name, summary }) => ({ label: name, text: [summary] }));
  const flags = [
    { label: '-h, --help', text: ['Show help, also after a command.'] },
    ...(group ? [] : [{ label: '--version', text: ['Show the version.'] }]),
  ];
  return page([
    wrap('Latchkey is the front door of a GraphQL API: sign-in, sessions, an IDE and a gate at one endpoint.', width),
    [`Usage: ${call} COMMAND [flags]`],
    section('Commands', entries, narrow, width),
    section('Flags', flags, narrow, width),
    section('Exit codes', exitCodes, narrow, width),
    ['Every setting: latchkey serve --help'],
  ]);
}

/** Help for one command, with the settings that it takes. */
export function commandHelp(command: Command, width: number): string {
  const { name, args, about, options, examples } = command;
  const flags = Object.entries({ ...options, ...commonOptions }).map(([flag, option]) => ({
    label: `${flag === 'help' ? '-h, ' : ''}--${flag}${'placeholder' in option ? ` ${option.placeholder}` : ''}`,
    text: [option.about],
  }));
  return page([
    [`Usage: ${['latchkey', name, ...args].join(' ')} [flags]`],
    wrap(about, width),
    section('Flags', flags, wide, width),
    ...settingSections(command.settings, width),
    wrap('A flag wins over the environment, that over the config file, and that over the default.', width),
    section('Exit codes', exitCodes, wide, width),
    ['Examples', ...examples.map((example) => `  ${example}`)],
  ]);
}

function settingSections(keys: readonly SettingKey[], width: number): readonly (readonly string[])[] {
  const groups = new Set<string>(keys.map((key) => settings[key].group));
  return [...groups].map((group) => {
    const members = keys.filter((key) => settings[key].group === group);
    return section(group, members.map(settingEntry), wide, width);
  });
}

function settingEntry(key: SettingKey): Entry {
  const setting: Setting = settings[key];
  const flag = comesFrom(setting, 'flag') ? `--${flagName(key)} ${setting.type.placeholder}` : undefined;
  const env = comesFrom(setting, 'env') ? envName(key) : undefined;
  const standard = `Default: ${describeDefault(setting)}.`;
  return {
    label: flag ?? env ?? `"${key}" (file)`,
    text: [setting.about, flag && env ? `${standard} [${env}]` : standard],
  };
}
