import { isIP } from 'node:net';

/** How a setting is read. Flags and the environment give text; the file gives JSON. */
export interface Type<T> {
  /** Stands in for the value in help texts. */
  readonly placeholder: string;
  /** Completes "it must be …". */
  readonly allowed: string;
  /** Returns the value, or calls `refuse` with the part that is wrong. */
  read(value: unknown, refuse: Refuse): T;
}

export type Refuse = (bad: unknown) => never;

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizes = { '': 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Type<number> {
  return {
    placeholder: 'N',
    allowed: `a whole number from ${min} to ${max}`,
    read: (value, refuse) =>
      within(min, max, /^\d+$/.test(written(value)) ? Number(value) : undefined) ?? refuse(value),
  };
}

/** Milliseconds, written 500ms, 2s, 15m, 1h or 30d. */
export function duration(min: string, max: string): Type<number> {
  const [least, most] = [milliseconds(min) ?? 0, milliseconds(max) ?? 0];
  return {
    placeholder: 'DURATION',
    allowed: `a duration from ${min} to ${max}, written like 500ms, 2s, 15m, 1h or 30d`,
    read: (value, refuse) => within(least, most, milliseconds(value)) ?? refuse(value),
  };
}

/** Bytes, written 512KiB, 1MiB or as a plain number. */
export function bytes(min: string, max: string): Type<number> {
  const [least, most] = [byteCount(min) ?? 0, byteCount(max) ?? 0];
  return {
    placeholder: 'SIZE',
    allowed: `a size from ${min} to ${max}, written like 512KiB, 1MiB or as a number of bytes`,
    read: (value, refuse) => within(least, most, byteCount(value)) ?? refuse(value),
  };
}

/** Text that is not empty, or that `pattern` fits. */
export function text(placeholder: string, allowed: string, pattern = /\S/): Type<string> {
  return {
    placeholder,
    allowed,
    read: (value, refuse) => (typeof value === 'string' && pattern.test(value) ? value : refuse(value)),
  };
}

/** One of the words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Type<Word> {
  return {
    placeholder: words.length <= 3 ? words.join('|') : 'WORD',
    allowed: `one of ${words.join(', ')}`,
    read: (value, refuse) => words.find((word) => word === value) ?? refuse(value),
  };
}

/** An http or https URL. One with a password in it would show that in logs. */
export const httpUrl: Type<string> = {
  placeholder: 'URL',
  allowed: 'an http or https URL without user name and password, such as http://localhost:5000/graphql',
  read: (value, refuse) => parseUrl(value)?.href ?? refuse(value),
};

/** Where events are streamed from: an http, https, ws or wss URL. */
export const streamUrl: Type<string> = {
  placeholder: 'URL',
  allowed: 'a ws, wss, http or https URL without user name and password, such as ws://localhost:5000/graphql',
  read: (value, refuse) => {
    const text = typeof value === 'string' ? value : '';
    // Read as its HTTP sibling; the scheme that is needed is put in where it is used.
    return parseUrl(text.replace(/^ws(?=s?:\/\/)/i, 'http'))?.href ?? refuse(value);
  },
};

/** A connection URL of PostgreSQL, password and all. */
export const postgresUrl: Type<string> = {
  placeholder: 'URL',
  allowed: 'a URL such as postgres://latchkey:PASSWORD@db.example.com:5432/latchkey',
  read: (value, refuse) =>
    typeof value === 'string' && /^postgres(ql)?:\/\//.test(value) && URL.canParse(value) ? value : refuse(value),
};

/** Scheme, host and port, and nothing after them. */
export const origin: Type<string> = {
  placeholder: 'ORIGIN',
  allowed: 'scheme, host and port with nothing after them, such as https://api.example.com',
  read: (value, refuse) => {
    const url = parseUrl(value);
    return url && /^[^?#]*$/.test(String(value)) && url.pathname === '/' ? url.origin : refuse(value);
  },
};

/** An IP address or a CIDR range. */
export const network: Type<string> = {
  placeholder: 'CIDR',
  allowed: 'an IP address or a range, such as 10.0.0.0/8 or ::1',
  read: (value, refuse) => (isNetwork(value) ? value : refuse(value)),
};

/** A list: an array in the file, separated by commas elsewhere. */
export function list<T>(item: Type<T>): Type<readonly T[]> {
  return {
    placeholder: `${item.placeholder},…`,
    allowed: `a list in which each is ${item.allowed}`,
    read: (value, refuse) => {
      const items =
        typeof value === 'string'
          ? value
              .split(',')
              .map((part) => part.trim())
              .filter(Boolean)
          : value;
      return Array.isArray(items) ? items.map((part) => item.read(part, refuse)) : refuse(value);
    },
  };
}

/** A JSON object from names to values. */
export function map<T>(name: Type<string>, item: Type<T>): Type<Readonly<Record<string, T>>> {
  return {
    placeholder: '{ … }',
    allowed: `an object from ${name.allowed} to ${item.allowed}`,
    read: (value, refuse) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(value);
      const pairs = Object.entries(value);
      return Object.fromEntries(pairs.map(([key, part]) => [name.read(key, refuse), item.read(part, refuse)]));
    },
  };
}

function within(min: number, max: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

/** Milliseconds in the largest unit that says them exactly: 3600000 → 1h. */
export function formatDuration(value: number): string {
  const [unit, length] = Object.entries(units).findLast(([, each]) => value % each === 0) ?? ['ms', 1];
  return `${value / length}${unit}`;
}

/** As text; a list or an object of the file is never a number, though JavaScript would make one of [1]. */
function written(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function milliseconds(value: unknown): number | undefined {
  const match = /^(\d+)(ms|[smhd])$/.exec(written(value));
  return match ? Number(match[1]) * units[match[2] as keyof typeof units] : undefined;
}

function byteCount(value: unknown): number | undefined {
  const match = /^(\d+)(KiB|MiB|GiB|)$/.exec(written(value));
  return match ? Number(match[1]) * sizes[match[2] as keyof typeof sizes] : undefined;
}

function parseUrl(value: unknown): URL | undefined {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.username || url.password ? undefined : url;
}

function isNetwork(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const [address = '', bits, ...rest] = value.split('/');
  const width = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return rest.length === 0 && width > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= width));
}
