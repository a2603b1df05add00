/** The part of a pino logger that Latchkey uses, so that the domain depends on no logging library. */
export interface Log {
  readonly level: string;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
