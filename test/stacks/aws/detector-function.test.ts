import { describe, expect, test } from '@jest/globals';
import { oneAccount } from '../configs.js';
import { synthesized } from '../synth.js';

const detector = (config: object = {}) =>
  synthesized(
    oneAccount({
      aws: {
        accounts: { main: { id: '111111111111', region: 'eu-central-1' } },
        detector: { account: 'main', ...config },
      },
      config: {
        destinations: { chat: { type: 'slack', token: 'secret:slack-token', channel: '#alerts' } },
        alerts: { default: ['chat'] },
      },
    }),
  ).stack('detector');

describe('the function', () => {
  const stack = detector();
  const { values } = stack.at('function/function');

  test('runs the bundle on arm64 and Node 22, unless the configuration says otherwise', () => {
    expect(values).toMatchObject({
      function_name: 'tocsin-acme-detector',
      handler: 'index.handler',
      runtime: 'nodejs22.x',
      architectures: ['arm64'],
      memory_size: 1024,
      timeout: 300,
      role: stack.at('role/role').ref('arn'),
    });
    expect(
      detector({ architecture: 'x86_64', nodeRuntime: 'nodejs24.x', memoryMb: 2048, timeoutSeconds: 600 }).at(
        'function/function',
      ).values,
    ).toMatchObject({ architectures: ['x86_64'], runtime: 'nodejs24.x', memory_size: 2048, timeout: 600 });
  });

  test('has no environment: neither secrets nor settings can be read from it', () => {
    expect(values).not.toHaveProperty('environment');
    // Without an environment Lambda keeps no key, and every plan would want to give it one.
    expect(values).not.toHaveProperty('kms_key_arn');
  });

  test('changes when the bytes of its zip do, and with nothing else', () => {
    const path = String(values.filename);

    expect(path).toMatch(/^assets\/[^/]+\/[0-9A-F]{32}\/detector\.zip$/);
    expect(values.source_code_hash).toBe(`\${filebase64sha256("${path}")}`);
    expect(detector().at('function/function').values).toEqual(values);
  });

  test('is traced', () => {
    expect(values.tracing_config).toEqual({ mode: 'Active' });
  });

  test('logs JSON into a log group that is made before it, encrypted and kept for as long as configured', () => {
    const log = stack.at('function/log');

    expect(values.logging_config).toMatchObject({ log_format: 'JSON', log_group: log.ref('name') });
    expect(log.values).toEqual({
      name: '/aws/lambda/tocsin-acme-detector',
      retention_in_days: 365,
      kms_key_id: stack.at('key/key').ref('arn'),
    });
    expect(detector({ logRetentionDays: 90 }).at('function/log').values.retention_in_days).toBe(90);
  });

  test('sets no concurrency apart, unless the configuration says so', () => {
    expect(values).not.toHaveProperty('reserved_concurrent_executions');
    expect(
      detector({ reservedConcurrency: 11 }).at('function/function').values.reserved_concurrent_executions,
    ).toBe(11);
  });

  test('can be called by nobody through a policy of its own', () => {
    expect(stack.ofType('aws_lambda_permission')).toEqual([]);
    expect(stack.ofType('aws_lambda_function_url')).toEqual([]);
  });
});

describe('the sweep', () => {
  const stack = detector();
  const { values } = stack.at('sweep/schedule');
  const target = values.target as Record<string, unknown>;

  test('calls the function with what it knows as the sweep', () => {
    expect(target).toMatchObject({
      arn: stack.at('function/function').ref('arn'),
      role_arn: stack.at('sweep/role').ref('arn'),
    });
    expect(JSON.parse(String(target.input))).toEqual({ tocsin: 'sweep' });
  });

  test.each([
    [1, 'rate(1 minute)', 60],
    [5, 'rate(5 minutes)', 300],
    [60, 'rate(60 minutes)', 3600],
  ])('comes every %i minutes, and gives up when the next one is due', (sweepMinutes, rate, seconds) => {
    const swept = detector({ sweepMinutes });
    const { values } = swept.at('sweep/schedule');

    expect(values).toMatchObject({
      schedule_expression: rate,
      flexible_time_window: { mode: 'OFF' },
      target: { retry_policy: { maximum_retry_attempts: 2, maximum_event_age_in_seconds: seconds } },
    });
    expect(swept.at('function/sweeps').values).toMatchObject({
      maximum_retry_attempts: 0,
      maximum_event_age_in_seconds: seconds,
    });
  });

  test('has a role that the scheduler takes for schedules of one group of this account', () => {
    expect(stack.at('sweep/group').values).toEqual({ name: 'tocsin-acme-sweep' });
    expect(values.group_name).toBe(stack.at('sweep/group').ref('name'));
    expect(stack.statements('sweep/role', 'assume_role_policy')).toEqual([
      {
        sid: 'OneGroupOnly',
        effect: 'Allow',
        actions: ['sts:AssumeRole'],
        principals: ['Service:scheduler.amazonaws.com'],
        conditions: {
          'StringEquals aws:SourceAccount': ['111111111111'],
          'ArnEquals aws:SourceArn': [
            'arn:aws:scheduler:eu-central-1:111111111111:schedule-group/tocsin-acme-sweep',
          ],
        },
      },
    ]);
  });

  test('may call the function and do nothing else', () => {
    expect(stack.statements('sweep/policy')).toEqual([
      {
        sid: 'CallDetector',
        effect: 'Allow',
        actions: ['lambda:InvokeFunction'],
        resources: ['arn:aws:lambda:eu-central-1:111111111111:function:tocsin-acme-detector'],
      },
    ]);
  });
});
