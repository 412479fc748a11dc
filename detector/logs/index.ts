import { awsCloudtrail } from './aws-cloudtrail.js';
import { azureActivity } from './azure-activity.js';
import { azureAudit } from './azure-audit.js';
import { azureSignin } from './azure-signin.js';
import { gcpAudit } from './gcp-audit.js';
import type { LogType } from './log-type.js';

/** Every log type, in the order in which they are tried on a record of unknown type: the most specific shape first. */
export const logTypes: readonly LogType[] = [awsCloudtrail, gcpAudit, azureSignin, azureAudit, azureActivity];
