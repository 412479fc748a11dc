import { TerraformOutput, type ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import type { AwsTopology, NewLogsPlan, SourcePlan } from '../../src/config/aws/topology.js';
import { SourceAlarms } from './alarms-source.js';
import { Announcements } from './announcements.js';
import { AwsStack } from './aws-stack.js';
import { ChangeAlarms } from './changes-source.js';
import { EventBridge } from './event-bridge.js';
import { Feed } from './feed.js';
import { LogBucket } from './log-bucket.js';
import { LogKey } from './log-key.js';
import { LogTopic } from './log-topic.js';
import { ReaderRole } from './reader-role.js';
import { Trail } from './trail.js';

/** One source: where its logs are, who may read them, and the queue that hears of new ones. */
export class SourceStack extends AwsStack {
  constructor(scope: Construct, topology: AwsTopology, source: SourcePlan) {
    super(scope, topology.stacks.source(source.name), topology, source.place);
    const { announcer, bucket, makes, queue, deadLetters } = source;
    const topic =
      announcer.kind === 'new-topic'
        ? new LogTopic(this, 'log-topic', this, { source, topic: announcer.topic })
        : undefined;
    const topicArn = topic?.arn ?? (announcer.kind === 'existing-topic' ? announcer.topic.arn : undefined);
    const after = topic === undefined ? [] : [topic.policy];
    const { queueArn, heard } = new Feed(this, 'feed', this, { source, topicArn, after });
    const kmsKeyArn =
      makes === undefined || topic === undefined
        ? bucket.kmsKeyArn
        : this.makeLogs(source, makes, topic, heard);
    const reader = new ReaderRole(this, 'reader', this, { source, kmsKeyArn });
    if (announcer.kind === 'eventbridge')
      new EventBridge(this, 'event-bridge', this, { source, announcer, queueArn });
    new SourceAlarms(this, 'alarms', this, { source });
    new ChangeAlarms(this, 'changes', this, { source });
    this.outputs({
      ...{ bucket: bucket.name, topic_arn: topicArn },
      ...{ reader_role_arn: reader.arn, external_id: source.reader.externalId },
      ...{ queue_arn: queueArn, queue_url: queue.url, dead_letters_url: deadLetters.url },
    });
  }

  /** @returns the ARN of their key */
  private makeLogs(
    source: SourcePlan,
    makes: NewLogsPlan,
    topic: LogTopic,
    heard: readonly ITerraformDependable[],
  ): string {
    const { arn: kmsKeyArn } = new LogKey(this, 'log-key', this, { source, trail: makes.trail });
    const bucket = new LogBucket(this, 'log-bucket', this, { source, makes, kmsKeyArn });
    const announcements = new Announcements(this, 'announcements', this, {
      ...{ source, bucket, topic, after: heard },
    });
    new Trail(this, 'trail', this, { makes, bucket, announcements, kmsKeyArn });
    return kmsKeyArn;
  }

  /** For people and for the commands that look after what was made. Nothing here is secret. */
  private outputs(values: Readonly<Record<string, string | undefined>>): void {
    for (const [name, value] of Object.entries(values))
      if (value !== undefined) new TerraformOutput(this, name, { value, staticId: true });
  }
}
