// PostGraphile 5 before a database, as a process of its own. Prints its port, and ends with its standard input.
// usage: server.mjs '{ "database": "postgres://…", "schemas": ["app"], "jwt": { "jwks": "http://…", "issuer": "…", "audience": "…" } }'
import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { PgLazyJWTPreset } from 'postgraphile/presets/lazy-jwt';

const { database, schemas, jwt } = JSON.parse(process.argv[2]);

/** Its own way to take a role and claims from a JWT, with the public key that our JWK set has. */
async function verification({ jwks, issuer, audience }) {
  const { keys } = await (await fetch(jwks)).json();
  const key = createPublicKey({ key: keys[0], format: 'jwk' });
  return {
    pgJwtSecret: key.export({ type: 'spki', format: 'pem' }),
    pgJwtVerifyOptions: { algorithms: [keys[0].alg], issuer, audience },
  };
}

const instance = postgraphile({
  extends: [PostGraphileAmberPreset, ...(jwt ? [PgLazyJWTPreset] : [])],
  pgServices: [makePgService({ connectionString: database, schemas, max: 4 })],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false, ...(jwt && (await verification(jwt))) },
  grafast: { explain: false },
});
const server = createServer();
server.on('error', (error) => {
  throw error;
});
await instance.createServ(grafserv).addTo(server);
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
process.stdin.resume().once('end', () => process.exit());
