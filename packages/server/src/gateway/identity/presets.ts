import type { Template } from './facts.js';

export type ClaimsPreset = 'none' | 'hasura' | 'postgraphile';

/** Claims that a server reads by default. */
export const presetClaims: Readonly<Record<ClaimsPreset, Readonly<Record<string, Template>>>> = {
  none: {},
  // Its "session variables"; the default role has to be among the allowed ones.
  hasura: {
    'https://hasura.io/jwt/claims': {
      'x-hasura-user-id': '{userId}',
      'x-hasura-default-role': '{role}',
      'x-hasura-allowed-roles': '{roles}',
    },
  },
  // The role for "set local role"; each claim is a setting jwt.claims.NAME of the transaction.
  postgraphile: { role: '{role}', user_id: '{userId}' },
};

const plainHeaders = {
  'X-Latchkey-User-Id': '{userId}',
  'X-Latchkey-User-Name': '{userName}',
  'X-Latchkey-Scope': '{scope}',
  'X-Latchkey-Session-Id': '{sessionId}',
};

/** Header fields where none are configured. */
export const presetHeaders: Readonly<Record<ClaimsPreset, Readonly<Record<string, string>>>> = {
  none: plainHeaders,
  postgraphile: plainHeaders,
  hasura: { 'X-Hasura-User-Id': '{userId}', 'X-Hasura-Role': '{role}' },
};
