/** Characters of an IPv6 address with an IPv4 address at its end and the name of an interface. */
const longest = 64;

/**
 * What an address counts by: an IPv4 address by itself, an IPv6 address by its /64, which is the least that anybody is
 * given and holds more addresses than can be counted (RFC 6177 §2).
 */
export function networkOf(address: string): string {
  // What a proxy passes on need not be an address, and is kept.
  if (address.length > longest) return 'unknown';
  if (!address.includes(':')) return address;
  const [head = '', tail] = withoutZone(address).split('::');
  const first = groups(head);
  const last = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const all = [...first, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...last];
  return `${all.slice(0, 4).join(':')}::/64`;
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/** Of hexadecimal digits, each in one spelling; an IPv4 address at the end takes the place of two. */
function groups(part: string): readonly string[] {
  if (part === '') return [];
  return part
    .split(':')
    .flatMap((group) => (group.includes('.') ? ['0', '0'] : [Number.parseInt(group, 16).toString(16)]));
}
