import type { Command } from './command.js';
import { demo } from './demo.js';
import { serve } from './serve.js';
import { userAdd } from './user-add.js';
import { userList } from './user-list.js';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [serve, demo, userAdd, userList];
