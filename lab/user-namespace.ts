import { type ChildProcess, spawn, spawnSync } from 'node:child_process'

/** Set in the child that runs within a user namespace. */
const INSIDE = 'QANAT_DEMO_INSIDE'

/** Root within a namespace of one's own, where the names of network namespaces may be kept, too. */
const UNSHARE = ['--user', '--map-root-user', '--net', '--mount', 'sh', '-c']
const PREPARE = 'mount -t tmpfs none /run'

/** Whether this user has to enter a user namespace to make network namespaces, and can. */
export function needsUserNamespace(): boolean {
  if (process.getuid?.() === 0 || process.env[INSIDE] !== undefined) return false
  return spawnSync('unshare', [...UNSHARE, `${PREPARE} && ip netns add probe`]).status === 0
}

/** Runs this program again within a user namespace, and returns its exit code. */
export async function runInUserNamespace(): Promise<number> {
  const again = [process.execPath, ...process.argv.slice(1)]
  const child = spawn('unshare', [...UNSHARE, `${PREPARE} && exec "$@"`, 'sh', ...again], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
  return exitCode(child)
}

/** A terminal sends its signals to the child, too; others are passed on. The child restores everything. */
function exitCode(child: ChildProcess): Promise<number> {
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('exit', (code) => resolve(code ?? 1))
  })
}
