import type { Severity } from '../rule.js';
import type { Delivery } from './destination.js';
import { attackLinks, headline, labelledFacts, referenceLinks, type Link } from './facts.js';
import { oneLine, severalLines, slackEscape } from './text.js';

/**
 * What Slack allows: 50 blocks; 150 characters in a header, 3,000 in a text object; 10 fields of 2,000; 10 elements in
 * a context block. Beside that, all blocks together fail with `msg_blocks_too_long` at about 13,000 characters, which
 * no page says; the lengths here add up to less than 10,000.
 * @see https://docs.slack.dev/reference/block-kit/blocks/header-block
 * @see https://docs.slack.dev/reference/block-kit/blocks/section-block
 * @see https://docs.slack.dev/reference/block-kit/composition-objects/text-object
 * @see https://github.com/slackapi/bolt-js/issues/2509
 */
const LONGEST_HEADER = 150;
const LONGEST_DESCRIPTION = 1200;
const LONGEST_RUNBOOK = 1500;
const LONGEST_LINKS = 2500;

const COLORS: Readonly<Record<Severity, string>> = {
  info: '#8d99ae',
  low: '#3a86c8',
  medium: '#e9b949',
  high: '#e8702a',
  critical: '#c1121f',
};
const RESOLVED_COLOR = '#2e9e5b';

type Content = Pick<Delivery, 'kind' | 'message'>;

/**
 * An alert in Block Kit. Text out of logs stands in plain_text objects only, which format nothing and mention nobody;
 * the text for notifications, which Slack reads as mrkdwn, is escaped. Colour comes from an attachment, the only thing
 * in Slack that has one.
 */
export function slackMessage({ kind, message }: Content) {
  const title = headline(kind, message, LONGEST_HEADER);
  const { rule } = message;
  const links = [...attackLinks(message), ...referenceLinks(message)];
  const fields = labelledFacts(message).map(([label, value]) => plain(`${label}\n${value}`));
  const text = slackEscape(title);
  return {
    text,
    blocks: [{ type: 'header', text: plain(title) }],
    attachments: [
      {
        color: kind === 'resolved' ? RESOLVED_COLOR : COLORS[message.severity],
        fallback: text,
        blocks: [
          ...section('', severalLines(rule.description, LONGEST_DESCRIPTION)),
          { type: 'section', fields },
          ...section('Runbook\n', severalLines(rule.runbook, LONGEST_RUNBOOK)),
          ...linkBlock(links),
          {
            type: 'context',
            elements: [
              plain(oneLine(`Rule ${rule.id}`, 250)),
              plain(oneLine(`Alert ${message.alertId}`, 250)),
            ],
          },
        ],
      },
    ],
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** A reply in the alert's thread, in words of our own. */
export const slackReply = ({ kind, message }: Content): string =>
  kind === 'resolved'
    ? `Resolved after ${String(message.events)} events.`
    : `Escalated to ${message.severity.toUpperCase()}: ${String(message.events)} events so far.`;

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });

const section = (label: string, text: string) =>
  text === '' ? [] : [{ type: 'section', text: plain(`${label}${text}`) }];

function linkBlock(links: readonly Link[]) {
  let room = LONGEST_LINKS;
  const shown = links
    .map(({ text, href }) => `<${slackEscape(href)}|${slackEscape(oneLine(text, 100))}>`)
    .filter((link) => (room -= link.length + 3) >= 0);
  if (shown.length === 0) return [];
  return [{ type: 'context', elements: [{ type: 'mrkdwn', text: shown.join(' · '), verbatim: true }] }];
}
