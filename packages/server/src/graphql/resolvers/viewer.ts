import { getUserName, getViewerSession } from '../../domain/accounts/viewer.js';
import { type Context, requireClaims } from '../context.js';

/** Fields are functions, so that what is not asked for is not looked up. */
export function resolveViewer(_: unknown, __: unknown, context: Context) {
  const { domain } = context;
  const claims = requireClaims(context);
  return {
    id: claims.userId,
    scope: claims.scope,
    userName: () => getUserName(domain, claims),
    session: async () => {
      const session = await getViewerSession(domain, claims);
      return {
        ...session,
        createdAt: toRfc3339(session.createdAt),
        lastUsedAt: toRfc3339(session.rotatedAt),
        idleExpiresAt: toRfc3339(session.idleExpiresAt),
        expiresAt: toRfc3339(session.expiresAt),
      };
    },
  };
}

function toRfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
