import { condition } from '../statement.js';
import { unbound, type Kind } from './grant.js';
import { markedOrNew } from './keys.js';

/**
 * What hands a queue's messages to the function. Its name is a random id: it is made, changed and deleted for our
 * function alone. It is read and tagged by its tag, since nobody knows the function of a mapping that is gone, and
 * Terraform asks until it is.
 */
export const mapping: Kind = (made) => {
  const ofFunction = condition('ArnEquals', 'lambda:FunctionArn', made.text('function_name'));
  const resources = [made.arn('lambda', 'event-source-mapping:*')];
  const ours = { family: 'Mappings', resources, conditions: markedOrNew(made) };
  return [
    { ...ours, step: 'plan', actions: ['lambda:GetEventSourceMapping', 'lambda:ListTags'] },
    { ...ours, step: 'apply', actions: ['lambda:TagResource', 'lambda:UntagResource'] },
    unbound(made, 'apply', 'NewMappings', ['lambda:CreateEventSourceMapping'], ofFunction),
    {
      step: 'apply',
      family: 'ChangeMappings',
      actions: ['lambda:DeleteEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
      resources,
      conditions: [ofFunction],
    },
  ];
};
