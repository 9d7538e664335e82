// @ts-check
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that programs of other users may pass, with a program in it that speaks both protocols. */
export function programFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'qanat-pt-'))
  chmodSync(folder, 0o755)
  const program = join(folder, 'program')
  copyFileSync(join(import.meta.dirname, 'test-program.py'), program)
  chmodSync(program, 0o755)
  return { folder, program, remove: () => rmSync(folder, { recursive: true }) }
}

/** A port of the loopback that nobody has at the moment: programs are told theirs. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  await new Promise(setImmediate) // now it counts as no handle any more
  return port
}
