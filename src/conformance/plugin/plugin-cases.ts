import { strict as assert } from 'node:assert'
import type { PluginExports } from '../../app/plugins/plugins.js'
import type { Case } from '../kit/case.js'
import { loadForTest } from '../kit/load-for-test.js'
import { RecordingLogger } from '../kit/recording-logger.js'
import { VirtualClock } from '../kit/virtual-clock.js'

/** Cases about what a plugin says of itself. */
export function pluginCases(module: PluginExports): Case[] {
  return [
    {
      name: 'has no member that this version does not know',
      promise:
        'Members of a plugin and its parts are those that are described; any other is warned of, and does nothing.',
      run() {
        const log = new RecordingLogger()
        loadForTest(module, { clock: new VirtualClock(), log })
        assert.deepEqual(log.messages('warn'), [])
      },
    },
  ]
}
