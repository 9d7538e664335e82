import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { asError } from '../../src/core/api/errors.js'
import { TUN_DEVICE } from '../../src/tun/device-error.js'
import { MemoryStage } from './memory-stage.js'
import { NamespaceStage } from './namespace-stage.js'
import type { Stage } from './stage.js'

/** The best stage that can be had, and why it is not a better one. */
export interface Choice {
  readonly stage: Stage
  /** Why there are no network namespaces; undefined if there are. */
  readonly refusal: string | undefined
}

/** Makes network namespaces, or does with one process if that cannot be. */
export function chooseStage(): Choice {
  const refusal = namespacesRefused()
  if (refusal !== undefined) return { stage: new MemoryStage(), refusal }
  try {
    return { stage: new NamespaceStage(), refusal: undefined }
  } catch (thrown) {
    const [first] = asError(thrown).message.trim().split('\n').slice(-1)
    return { stage: new MemoryStage(), refusal: `network namespaces cannot be made (${first})` }
  }
}

/** Why network namespaces with TUN devices are out of the question; undefined if they are not. */
export function namespacesRefused(): string | undefined {
  if (spawnSync('ip', ['-V']).status !== 0) return "the program 'ip' is missing; install iproute2"
  try {
    accessSync(TUN_DEVICE, constants.R_OK | constants.W_OK)
    return undefined
  } catch (thrown) {
    const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT'
    return missing ? `there is no ${TUN_DEVICE}` : `this user may not use ${TUN_DEVICE}; try sudo`
  }
}
