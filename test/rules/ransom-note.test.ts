import { describe, expect, test } from '@jest/globals';
import { compileRegex } from '../../detector/engine/regex.js';
import { RANSOM_NOTE } from '../../rules/lib/ransom-note.js';

const PHRASES = [
  ...[
    'ransom_note',
    'ransom-info',
    'ransominstruction',
    'ransom_instructions',
    'payment_note',
    'payment-info',
  ],
  ...['payment_instruction', 'paymentinstructions'],
  ...['how_to_decrypt_files', 'how-to-restore-files', 'howtorecoverfiles', 'how_to-decrypt_your_files'],
  ...['howtorestoreyourfiles', 'how_to_recover-yourfiles'],
  ...['decrypt_instruction', 'decrypt-instructions', 'decryptguide', 'decrypt_info', 'decrypt_your_files'],
  ...['restore_instruction', 'restore-instructions', 'restoreguide', 'restore_info', 'restore-yourfiles'],
  ...['recovery_instruction', 'recovery-instructions', 'recoverykey', 'recovery_guide'],
  ...['file_encrypted', 'files-locked', 'filesencrypted', 'all_files_encrypted', 'allfilelocked'],
  ...['files_have_been_encrypted', 'all-files-have-been-locked', 'filehavebeenlocked'],
  ...[
    'your_files_are_encrypted',
    'your_file_are_locked',
    'yourfileshavebeenencrypted',
    'your-file-have_been-locked',
  ],
  ...['data_encrypted', 'data-locked', 'datahasbeenencrypted', 'data_has_been_locked'],
  ...['unlock_instruction', 'unlock-instructions', 'unlockguide', 'unlock_your_files'],
  ...['help_restore_files', 'help-decrypt-files', 'helprecoverfiles', 'help_restore_your_files'],
];
const OTHERS = [
  ...['ransom__note', 'ransom note', 'ransom.note', 'ransom_', 'note', 'ransom_key', 'payment_guide'],
  ...[
    'how_to_encrypt_files',
    'how_to_decrypt',
    'how_to_unlock_files',
    'how_to_decrypt_my_files',
    'to_decrypt_files',
  ],
  ...['how_to_decrypt_file', 'help_files', 'help_unlock_files', 'help_restore_file'],
  ...['decrypt_files', 'decrypt_key', 'restore_files', 'restore_key', 'decrypt_your_file'],
  ...['recovery_info', 'recovery_your_files', 'unlock_info', 'unlock_key', 'unlock_files'],
  ...[
    'file_are_encrypted',
    'files_has_been_locked',
    'all_encrypted',
    'files_been_encrypted',
    'files_have_encrypted',
  ],
  ...[
    'your_files_encrypted',
    'your_files_has_been_encrypted',
    'your_data_encrypted',
    'all_your_files_are_encrypted',
  ],
  ...[
    'data_are_encrypted',
    'data_have_been_locked',
    'data_has_locked',
    'readme_ransom_note',
    '_ransom_note',
    '',
  ],
];

describe.each(['as a reviewed pattern', 'as a pattern of a user'])(
  'the names of ransom notes, %s',
  (kind) => {
    const isNote = compileRegex(RANSOM_NOTE, {
      ignoreCase: true,
      reviewed: kind === 'as a reviewed pattern',
    });

    test.each(PHRASES)('%s', (phrase) => {
      expect(['.txt', '.htm', '.html'].map((extension) => isNote(phrase + extension))).toEqual([
        true,
        true,
        true,
      ]);
      expect(isNote(`${phrase.toUpperCase()}.TXT`)).toBe(true);
      expect(isNote(`${phrase} (1).of-many.txt`)).toBe(true);
      expect(isNote(`${phrase}/any\nlines\r\u2028.html`)).toBe(true);
      expect(isNote(phrase)).toBe(false);
      expect(isNote(`${phrase}txt`)).toBe(false);
      expect(isNote(`docs/${phrase}.txt`)).toBe(false);
      expect(isNote(`\n${phrase}.txt`)).toBe(false);
    });

    test.each(OTHERS)('not "%s"', (name) => {
      expect(isNote(`${name}.txt`)).toBe(false);
    });

    test.each(['.pdf', '.txt.bak', '.txts', '.htmlx', '.xhtml', '.txt ', '.txt\n', '.tx', '..'])(
      'not with the ending %j',
      (ending) => {
        expect(isNote(`ransom_note${ending}`)).toBe(false);
      },
    );
  },
);

describe('a hostile name of 100,000 characters is judged at once', () => {
  const isNote = compileRegex(RANSOM_NOTE, { ignoreCase: true, reviewed: true });

  test.each([
    ['dots behind a phrase', 'ransom_note' + '.'.repeat(100_000)],
    ['endings that are not the end', 'ransom_instructions' + '.html'.repeat(20_000) + 'x'],
    ['a phrase over and over', 'how_to_decrypt_your_files'.repeat(4_000)],
    ['line ends', 'files_locked' + '\n'.repeat(100_000)],
    ['separators only', '_'.repeat(100_000)],
    ['the start of a phrase', 'your_files' + '_'.repeat(100_000)],
    ['half a character', 'data_locked' + '\ud83d'.repeat(100_000)],
  ])('%s', (_, name) => {
    const start = performance.now();
    for (let round = 0; round < 20; round++) expect(isNote(name)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(isNote(`ransom_note${name}.txt`)).toBe(true);
  });
});
