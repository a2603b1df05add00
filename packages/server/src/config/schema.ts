import type { Setting } from './setting.js';
import { callersSettings } from './settings/callers.js';
import { databaseSettings } from './settings/database.js';
import { documentsSettings } from './settings/documents.js';
import { identitySettings } from './settings/identity.js';
import { passwordsSettings } from './settings/passwords.js';
import { placeSettings } from './settings/place.js';
import { policySettings } from './settings/policy.js';
import { runningSettings } from './settings/running.js';
import { sessionsSettings } from './settings/sessions.js';
import { subscriptionsSettings } from './settings/subscriptions.js';
import { upstreamSettings } from './settings/upstream.js';
import type { Type } from './types.js';

export type { Setting };

/** Every setting. Flags, environment names, file keys, help, types and the reference page are made from this table. */
export const settings = {
  ...placeSettings,
  ...databaseSettings,
  ...upstreamSettings,
  ...identitySettings,
  ...policySettings,
  ...subscriptionsSettings,
  ...sessionsSettings,
  ...passwordsSettings,
  ...callersSettings,
  ...documentsSettings,
  ...runningSettings,
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof settings;

type Value<S> = S extends { type: Type<infer T> } ? (S extends { default: unknown } ? T : T | undefined) : never;

/** The settings as the program uses them: durations in milliseconds, sizes in bytes, lists as arrays. */
export type Config = { readonly [Key in SettingKey]: Value<(typeof settings)[Key]> };

/** The settings with their keys, in the order of the table. */
export function listSettings(): readonly { readonly key: SettingKey; readonly setting: Setting }[] {
  return (Object.keys(settings) as SettingKey[]).map((key) => ({ key, setting: settings[key] }));
}
