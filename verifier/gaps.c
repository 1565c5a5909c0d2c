/* What a verdict did not check because nothing was given to check it by: one row each, which the notes, the
 * JSON document and --strict share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/verifier.h"

static bool not_run(const struct vcca_verdict *v, enum vcca_check check)
{
  return v->findings[check].outcome == VCCA_NOT_RUN;
}

static bool freshness_open(const struct vcca_verdict *v)
{
  return not_run(v, VCCA_CHECK_FRESHNESS);
}

static bool realm_open(const struct vcca_verdict *v)
{
  return not_run(v, VCCA_CHECK_RIM) && not_run(v, VCCA_CHECK_REALM_REFERENCE);
}

static bool platform_open(const struct vcca_verdict *v)
{
  return v->token.has_platform && not_run(v, VCCA_CHECK_PLATFORM_REFERENCE);
}

static bool dates_open(const struct vcca_verdict *v)
{
  return v->undated;
}

static const struct {
  const char *name, *fix, *note;
  bool (*open)(const struct vcca_verdict *v);
} gaps[VCCA_GAPS] = {
    [VCCA_GAP_FRESHNESS] = {"freshness", "--challenge",
                            "without a challenge, an old token replayed is accepted just as well", freshness_open},
    [VCCA_GAP_REALM] = {"realm", "--rim, --rv-store or --corim",
                        "without an expected RIM, any realm on this platform is accepted", realm_open},
    [VCCA_GAP_PLATFORM] = {"platform", "--platform-ref, --rv-store or --corim",
                           "without reference values of the platform, any firmware of it is accepted", platform_open},
    [VCCA_GAP_DATES] = {"dates", "--at",
                        "without a time, certificates and CoRIMs that are not valid any more are accepted just as well",
                        dates_open},
};

const char *vcca_gap_name(enum vcca_gap gap)
{
  return gaps[gap].name;
}

const char *vcca_gap_fix(enum vcca_gap gap)
{
  return gaps[gap].fix;
}

const char *vcca_gap_note(enum vcca_gap gap)
{
  return gaps[gap].note;
}

bool vcca_gap_open(const struct vcca_verdict *verdict, enum vcca_gap gap)
{
  return verdict->findings[VCCA_CHECK_STRUCTURE].outcome == VCCA_PASS && gaps[gap].open(verdict);
}
