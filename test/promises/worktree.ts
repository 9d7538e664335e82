import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../lab/temporary-folder.js'

/** The repository's tracked files as they are now, in a folder of their own where they may be changed. */
export class Worktree {
  readonly path: string
  readonly #root: string

  /** @param root the root of the repository, whose dependencies are installed. */
  constructor(root: string) {
    this.#root = root
    const folder = realpathSync(temporaryFolder())
    chmodSync(folder, 0o755) // tests start programs as other users
    this.path = join(folder, 'qanat')
    try {
      const changed = this.#git('stash', 'create').trim()
      this.#git('worktree', 'add', '--quiet', '--detach', this.path, changed || 'HEAD')
      this.#linkDependencies()
      this.#allowUnused()
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** Also where it was not made whole. */
  remove(): void {
    rmSync(join(this.path, '..'), { recursive: true, force: true })
    this.#git('worktree', 'prune')
  }

  /** One by one: what tools cache beside them, and the links to workspaces, are the worktree's own. */
  #linkDependencies(): void {
    const installed = join(this.#root, 'node_modules')
    const own = join(this.path, 'node_modules')
    mkdirSync(own)
    for (const entry of readdirSync(installed, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const place = join(installed, entry.name)
      symlinkSync(entry.isSymbolicLink() ? readlinkSync(place) : place, join(own, entry.name))
    }
  }

  /** A change may leave an import or a variable that nothing uses: the program is to be built all the same. */
  #allowUnused(): void {
    const path = join(this.path, 'tsconfig.build.json')
    const config = JSON.parse(readFileSync(path, 'utf8'))
    Object.assign(config.compilerOptions, { noUnusedLocals: false, noUnusedParameters: false })
    writeFileSync(path, JSON.stringify(config))
  }

  #git(...args: readonly string[]): string {
    // Git refuses what belongs to another user, as in a container: here nothing of it is run.
    return execFileSync('git', ['-c', `safe.directory=${this.#root}`, ...args], {
      cwd: this.#root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }
}
