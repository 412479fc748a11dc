const PHRASES = [
  '(?:ransom|payment)~(?:note|info|instruction)',
  'how~to~(?:decrypt|restore|recover)~(?:your~)?files',
  'help~(?:decrypt|restore|recover)~(?:your~)?files',
  '(?:decrypt|restore)~(?:instruction|guide|info|your~files)',
  'unlock~(?:instruction|guide|your~files)',
  'recovery~(?:instruction|key|guide)',
  '(?:all~)?files?~(?:have~been~)?(?:encrypted|locked)',
  'your~files?~(?:are|have~been)~(?:encrypted|locked)',
  'data~(?:has~been~)?(?:encrypted|locked)',
];

/**
 * A regular expression for the file names under which ransomware leaves its demand, such as
 * `HOW_TO_DECRYPT_FILES.txt`. Made for `{ regex: RANSOM_NOTE, ignoreCase: true }`. It covers the whole name:
 * a phrase at its start (words joined by at most one `_` or `-`), then any characters, line ends too (which is
 * why no phrase ends in a plural), then `.txt`, `.htm` or `.html`. Its time is linear in the name's length.
 */
export const RANSOM_NOTE = `^(?:${PHRASES.join('|').replaceAll('~', '[_-]?')})[\\s\\S]*\\.(?:txt|html?)$`;
