import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, it } from 'vitest'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { blocksOf } from '../../support/pages/blocks.js'
import { runPage } from '../../support/pages/run-page.js'
import { PAGES } from './table.js'

const ROOT = join(import.meta.dirname, '../../..')
/** Milliseconds for npm, and for a page. */
const PATIENCE = 300_000

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program python3', 'the npm registry'],
  'what to type',
  () => {
    const prefix = temporaryFolder()
    beforeAll(async () => {
      const npm = (...args: string[]) =>
        new Program('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: ROOT }).output(
          PATIENCE,
        )
      await npm('pack', '--pack-destination', prefix)
      const [packed] = readdirSync(prefix)
      await npm('install', '--global', '--prefix', prefix, '--prefer-offline', join(prefix, packed!))
    }, PATIENCE)

    it.each(Object.entries(PAGES))(
      'in %s does what the page says',
      (page, setup) => runPage(blocksOf(page), setup, prefix),
      PATIENCE,
    )
  },
)
