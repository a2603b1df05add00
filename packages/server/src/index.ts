export { loadConfig } from './config/load.js';
export type { Config } from './config/schema.js';
export { type RunningServer, type Surroundings, startServer } from './main.js';
