import type { Spawn } from '../../../src/core/plugin/spawn.js'

/** For a network whose plugin starts no program. */
export const neverSpawn: Spawn = () => Promise.reject(new Error('no program can be started in this test'))
