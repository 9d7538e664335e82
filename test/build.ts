import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Builds the program once before any test, so that no test runs an old one; not if none of them runs it (test/promises). */
export default function build(): void {
  if (process.env.QANAT_TESTS_UNBUILT === '1') return
  const root = join(import.meta.dirname, '..')
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const options = { cwd: root, stdio: 'inherit' } as const
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], options)
  execFileSync(process.execPath, ['scripts/bundle.js'], options)
}
