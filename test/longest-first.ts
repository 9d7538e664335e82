import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longer than others of their size, the longest first. */
const LONG = [
  'test/e2e/command/packaging.test.ts',
  'test/e2e/pages/pages.test.ts',
  'test/e2e/tunnels/path-mtu.test.ts',
  'test/e2e/disturbed/late-names.test.ts',
  'test/e2e/host/full-tunnel.test.ts',
  'test/e2e/servers/slow-clients.memory.test.ts',
  'test/interop/old-program.test.ts',
  'test/e2e/disturbed/waking.test.ts',
  'test/e2e/tunnels/ciphers.test.ts',
  'test/e2e/tunnels/restarts.test.ts',
  'test/e2e/plugins/kits.test.ts',
  'test/e2e/posts/http-tunnels.test.ts',
  'test/interop/wireguard-changes.test.ts',
  'test/e2e/disturbed/slow-carriers.test.ts',
  'test/e2e/tunnels/old-kernels.test.ts',
  'test/e2e/disturbed/chaos.test.ts',
]

/**
 * Begins with the files that take longest, so that no processor waits for one that began last. On a machine that ran no
 * tests before, vitest goes by the sizes of files.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((name) => moduleId.endsWith(`/${name}`))
      return at < 0 ? LONG.length : at
    }
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other))
  }
}
