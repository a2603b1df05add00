// oidc-provider: the refresh_token grant. Configured for speed, and to do less than Latchkey does:
// - Tokens live in a Map: nothing is written to a disk. No rotation: the same refresh token is good every time.
// - The access token is an ES256 JWT (resource indicators), so that both sides sign once a request. Without the openid
//   scope, so that no second signature is made for an ID token.
// - A public client: no client secret to compare. No interaction pages (devInteractions off).
// usage: oidc-provider.mjs NUMBER_OF_SESSIONS
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { announce } from '../lib/contestant.mjs';

const resource = 'https://api.example';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const provider = new Provider('http://127.0.0.1', {
  adapter: memoryAdapter(),
  clients: [
    {
      client_id: 'bench',
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: 'ES256',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://client.example/callback'],
    },
  ],
  clientAuthMethods: ['none'],
  cookies: { keys: ['not a secret: no cookie is ever set here'] },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: 'api:read',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 3600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
  rotateRefreshToken: false,
  ttl: { Grant: 86_400, RefreshToken: 86_400 },
});

const tokens = await Promise.all(Array.from({ length: Number(process.argv[2] ?? 0) }, (_, i) => grantTo(`user-${i}`)));
await announce(createServer(provider.callback()), { tokens });

/** What a finished sign-in leaves behind: a grant, and the refresh token that it allows. */
async function grantTo(accountId) {
  const grant = new provider.Grant({ accountId, clientId: 'bench' });
  grant.addResourceScope(resource, 'api:read');
  const client = await provider.Client.find('bench');
  const scope = 'offline_access api:read';
  const token = new provider.RefreshToken({
    accountId,
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    resource,
    scope,
  });
  return token.save();
}

function memoryAdapter() {
  const records = new Map();
  return (model) => ({
    upsert: async (id, payload) => records.set(`${model}:${id}`, payload),
    find: async (id) => records.get(`${model}:${id}`),
    destroy: async (id) => records.delete(`${model}:${id}`),
  });
}
