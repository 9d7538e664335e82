/**
 * `qanat/plugin`, with the types of Node that a plugin is given. When it runs it needs nothing of Node.
 *
 * @module
 */
export * from '../core/entry.js'
export type { NodeTypes } from '../transports/network/node-types.js'
