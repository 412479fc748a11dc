import type { Match } from '../../detector/rule.js';

/** Namespaces in which Google and GKE add-ons run. */
const SYSTEM_NAMESPACES = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'gke-system',
  'gke-managed-system',
  'gmp-system',
  'gmp-public',
  'config-management-system',
  'istio-system',
  'asm-system',
];

const WORKLOAD_IDENTITY_NAMESPACES = ['kube-system', 'gke-system', 'gke-managed-system'];

/**
 * The caller is part of Kubernetes, of GKE or of a Google service. The default compute account counts too, so what
 * workloads do under that account is left out with it.
 */
export const byGkeSystemPrincipal: Match = {
  'protoPayload.authenticationInfo.principalEmail': {
    any: [
      {
        prefix: [
          'system:kube-controller-manager',
          'system:kube-scheduler',
          'system:addon-manager',
          ...SYSTEM_NAMESPACES.map((namespace) => `system:serviceaccount:${namespace}:`),
        ],
      },
      {
        glob: [
          'container-engine-robot@*.iam.gserviceaccount.com',
          ...WORKLOAD_IDENTITY_NAMESPACES.map((namespace) => `*.svc.id.goog[${namespace}/*]`),
        ],
      },
      {
        regex: [
          '^[0-9]+-compute@developer\\.gserviceaccount\\.com$',
          '^[0-9]+@cloudservices\\.gserviceaccount\\.com$',
          '^service-[0-9]+@(?:container-engine-robot|containerregistry)\\.iam\\.gserviceaccount\\.com$',
        ],
      },
      { regex: '^gke-[0-9]+@', suffix: '.iam.gserviceaccount.com' },
    ],
  },
};

/** The object of the call lies in a namespace of the system: `core/v1/namespaces/kube-system/...`. */
export const inSystemNamespace: Match = {
  'protoPayload.resourceName.split(/)[2]': 'namespaces',
  'protoPayload.resourceName.split(/)[3]': SYSTEM_NAMESPACES,
};

/** The API server answered with an error. A pod has an object under `status`, an error reply the text `Failure`. */
export const refusedByApiServer: Match = { 'protoPayload.response.status': 'Failure' };
