const maxLength = 254; // RFC 5321 §4.5.3.1.3, less the brackets.
// No control and no invisible characters: they could turn round what an operator's terminal shows.
const shape = /^[^\s@\p{Cc}\p{Cf}]+@[^\s@\p{Cc}\p{Cf}]+$/u;

/**
 * The one form in which an address is stored and compared: no outer space, lower case, Unicode NFC. There
 * is no second account under it. Undefined for what is not an email address.
 */
export function canonicalUserName(userName: string): string | undefined {
  if (userName.length > 2 * maxLength) return undefined;
  // NFC last: lower case can leave letter and accent apart that NFC writes as one (J̌ has no such form, ǰ has).
  const canonical = userName.trim().toLowerCase().normalize('NFC');
  return canonical.length <= maxLength && shape.test(canonical) ? canonical : undefined;
}
