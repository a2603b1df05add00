import { getUserName, getViewerSession } from '../../domain/accounts/viewer.js';
import { listSessions } from '../../domain/sessions/list-sessions.js';
import type { SessionRecord } from '../../store/store.js';
import { type Context, requireClaims } from '../context.js';
import { resolveQuota, resolveUsage } from './viewer-usage.js';

/** As the description of the field says. */
const maxSessions = 100;

/** Fields are functions, so that what is not asked for is not looked up. */
export function resolveViewer(_: unknown, __: unknown, context: Context) {
  const { domain } = context;
  const claims = requireClaims(context);
  const { userId, scope, sessionId } = claims;
  let listed: Promise<readonly object[]> | undefined;
  const list = async () => {
    const sessions = await listSessions(domain, { userId, limit: maxSessions });
    return sessions.map((session) => toViewerSession(session, sessionId));
  };
  return {
    id: userId,
    scope,
    userName: () => getUserName(domain, claims),
    session: async () => toViewerSession(await getViewerSession(domain, claims), sessionId),
    // Read once, under however many aliases it is asked for.
    sessions: () => {
      listed ??= list();
      return listed;
    },
    usage: resolveUsage(context, userId),
    quota: () => resolveQuota(context, userId),
  };
}

function toViewerSession(session: SessionRecord, currentId: string) {
  return {
    ...session,
    current: session.id === currentId,
    createdAt: toRfc3339(session.createdAt),
    lastUsedAt: toRfc3339(session.rotatedAt),
    idleExpiresAt: toRfc3339(session.idleExpiresAt),
    expiresAt: toRfc3339(session.expiresAt),
  };
}

function toRfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
