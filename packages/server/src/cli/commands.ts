import { backup } from './backup.js';
import type { Command } from './command.js';
import { demo } from './demo.js';
import { keysList } from './keys-list.js';
import { keysRotate } from './keys-rotate.js';
import { migrate } from './migrate.js';
import { policyCheck } from './policy-check.js';
import { serve } from './serve.js';
import { sessionList } from './session-list.js';
import { sessionRevoke } from './session-revoke.js';
import { tokenInspect } from './token-inspect.js';
import { upstreamReload } from './upstream-reload.js';
import { usage } from './usage.js';
import { userAdd } from './user-add.js';
import { userDisable } from './user-disable.js';
import { userEnable } from './user-enable.js';
import { userList } from './user-list.js';
import { userPassword } from './user-password.js';
import { userQuota } from './user-quota.js';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  serve,
  demo,
  userAdd,
  userList,
  userDisable,
  userEnable,
  userPassword,
  userQuota,
  usage,
  sessionList,
  sessionRevoke,
  keysList,
  keysRotate,
  policyCheck,
  tokenInspect,
  upstreamReload,
  backup,
  migrate,
];
