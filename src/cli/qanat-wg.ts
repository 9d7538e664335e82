#!/usr/bin/env node
// qanat-wg [-f|--foreground] INTERFACE: a WireGuard device in user space, in place of wireguard-go, as wg-quick starts it
// (WG_QUICK_USERSPACE_IMPLEMENTATION). It goes on in the background once wg(8) can configure it.
import { spawn } from 'node:child_process'
import { asError } from '../core/api/errors.js'
import { DEFAULT_LOG_LEVEL } from '../core/api/logger.js'
import { wgDevice } from './actions/wg-device.js'
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, exitCodeOf } from './output/exit-codes.js'
import { remark } from './output/output.js'

const FOREGROUND = ['-f', '--foreground']

const words = process.argv.slice(2)
const [name, ...others] = words.filter((word) => !FOREGROUND.includes(word))
if (name === undefined || name.startsWith('-') || others.length > 0) {
  remark('Usage: qanat-wg [-f|--foreground] INTERFACE')
  process.exit(EXIT_USAGE)
}
process.exit(words.length > 1 ? await run(name) : await startInBackground(name))

/** Runs the device and tells the process that started it, if it waits, how the start went. */
async function run(device: string): Promise<number> {
  const tell = (message: { readonly why?: string; readonly code: number }) => {
    process.send?.(message, () => process.disconnect())
  }
  try {
    return await wgDevice(device, DEFAULT_LOG_LEVEL, () => tell({ code: EXIT_OK }))
  } catch (thrown) {
    const error = asError(thrown)
    const code = exitCodeOf(error)
    if (process.send === undefined) remark(error.message)
    else await new Promise<void>((resolve) => process.send!({ why: error.message, code }, () => resolve()))
    return code
  }
}

/** Resolves with the exit code once the device is there or could not be made. */
function startInBackground(device: string): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, '--foreground', device], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  return new Promise((resolve) => {
    child.on('message', ({ code, why }: { readonly why?: string; readonly code: number }) => {
      if (why !== undefined) remark(why)
      child.unref()
      resolve(code)
    })
    child.on('error', (error) => {
      remark(error.message)
      resolve(EXIT_FAILED)
    })
    child.on('exit', (code) => resolve(code ?? EXIT_FAILED))
  })
}
