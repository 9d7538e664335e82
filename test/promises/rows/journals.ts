import type { Kept } from './mutant.js'

/** The promises of docs/security.md about what root believes of a journal. */
export const onJournals: readonly Kept[] = [
  {
    promise:
      'A tunnel that gave up root cannot make root do more by its journal than restore a network: no command, no file of its choice',
    mutants: [
      {
        breaks: 'a journal names any file',
        file: 'src/host/record/change.ts',
        text: 'matches(/^\\/proc\\/sys\\/net\\/ipv[46]\\/[!-~]+$/, path) && normalize(String(path)) === path',
        replacement: 'matches(/^\\/proc\\/sys\\/net\\/ipv[46]\\/[!-~]+$/, path)',
        test: 'test/host/record/journal.test.ts',
        name: 'makes nobody run a command or write a file of choice',
      },
      {
        breaks: 'a journal restores name servers that are no text',
        file: 'src/host/record/change.ts',
        text: "(before === null || typeof before === 'string') &&",
        replacement: 'before !== 0 &&',
        test: 'test/host/record/journal.test.ts',
        name: 'makes nobody run a command or write a file of choice',
      },
      {
        breaks: 'a journal restores name servers from any file',
        file: 'src/host/record/change.ts',
        text: '(backup === undefined || isBackupName(backup))',
        replacement: "typeof backup !== 'number'",
        test: 'test/host/record/journal.test.ts',
        name: 'makes nobody run a command or write a file of choice',
      },
      {
        breaks: 'a journal removes any record of resolvconf',
        file: 'src/host/record/change.ts',
        text: 'matches(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, record)',
        replacement: "typeof record === 'string'",
        test: 'test/host/record/journal.test.ts',
        name: 'makes nobody run a command or write a file of choice',
      },
      {
        breaks: "a journal names a table of the kernel's",
        file: 'src/host/record/change.ts',
        text: '(value as number) >= FIRST_TABLE',
        replacement: 'FIRST_TABLE > 0',
        test: 'test/host/record/journal.test.ts',
        name: 'makes nobody run a command or write a file of choice',
      },
    ],
  },
  {
    promise:
      "What another user noted is undone no further than that user's own power, but for what root noted before: no text of a file, no record of resolvconf, no interface",
    mutants: [
      {
        breaks: 'root writes the name servers that another user noted',
        file: 'src/host/record/believed.ts',
        text: "    case 'name-servers':\n",
        replacement: "      return isAmong(change, noted)\n    case 'name-servers':\n      return true\n",
        test: 'test/host/record/believed.test.ts',
        name: 'is not undone where it is beyond that user',
      },
      {
        breaks: 'another user names interfaces',
        file: 'src/host/record/believed.ts',
        text: 'conf\\/(?:all|default)\\/',
        replacement: 'conf\\/[a-z0-9]+\\/',
        test: 'test/host/record/believed.test.ts',
        name: 'is not undone where it is beyond that user',
      },
      {
        breaks: 'what root noted is forgotten',
        file: 'src/host/record/believed.ts',
        text: 'noted.some((one) => isDeepStrictEqual(one, change))',
        replacement: 'noted.includes(change)',
        test: 'test/host/record/believed.test.ts',
        name: 'is undone where root noted the very same',
      },
      {
        breaks: 'what another user says that root noted is believed',
        file: 'src/host/record/journal.ts',
        text: 'isOwn(uid) ? parseJournal(text).changes : []',
        replacement: 'isOwn(uid) || uid > 0 ? parseJournal(text).changes : []',
        test: 'test/host/record/journal.test.ts',
        name: 'is believed without what root noted, if that was another user',
      },
      {
        breaks: 'root goes on with a file that another user has open',
        file: 'src/host/record/journal.ts',
        text: 'if (isForeign || !isSame',
        replacement: 'if (!isSame',
        test: 'test/host/record/journal.test.ts',
        name: 'is another file once root goes on with it: that user may have it open',
      },
    ],
  },
]
