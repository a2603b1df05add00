// better-auth with its email sign-in and its jwt plugin. Configured for speed:
// - Its memory adapter: nothing is written to a disk.
// - ES256 and an unencrypted key: by default it decrypts its private key for every token.
// - Rate limits, log and telemetry are off. Passwords are hashed as it does by itself: scrypt N=16384, r=16, p=1.
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import { announce } from '../lib/contestant.mjs';

const auth = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: 'only for the bench: 8b0a1c5f9d7e4c33a6f2',
  database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
  emailAndPassword: { enabled: true },
  plugins: [
    jwt({
      jwks: { keyPairConfig: { alg: 'ES256' }, disablePrivateKeyEncryption: true },
      jwt: { expirationTime: '1h' },
    }),
  ],
  rateLimit: { enabled: false },
  logger: { disabled: true },
  telemetry: { enabled: false },
});
await announce(createServer(toNodeHandler(auth)));
