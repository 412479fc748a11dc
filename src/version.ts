import manifest from '../package.json' with { type: 'json' };

export const VERSION = manifest.version;
/** Versions of Node.js that Tocsin runs on. */
export const NODE_RANGE = manifest.engines.node;
