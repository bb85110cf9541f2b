#!/usr/bin/env bash
# tests/live against a region of its own that allows what tests/live says that it needs, as far as it goes without a real
# account; $1 is a scratch folder, $2 the folder of the programs.
set -euo pipefail
work=$1
real=$2/dockreg
host=docker.example.test
export DOCKREG=$real
"$real" iam-policy --stack-name dockreg-live-x --region us-east-1 2>/dev/null |
  sed 's/dockreg-live-x/dockreg-live-*/; s/StringEquals/StringLike/' |
  sed '0,/"Statement": \[/s//&{"Effect": "Allow", "Action": ["ec2:TerminateInstances", "s3:ListBucket"], "Resource": "*"},/' >"$work/policy"
"$2/dockreg-region" --domain "$host" --speed 600 --caller-policy "$work/policy" >"$work/live-exports" &
region=$!
trap 'kill "$region"' EXIT
for _ in $(seq 100); do
  grep -q DOCKREG_CONNECT_TO "$work/live-exports" && break
  sleep 0.05
done
# shellcheck disable=SC1091
. "$work/live-exports"
aws=$(command -v aws)
export LIVE_ANSWERS=$work/answers
say() { printf 'live: %s\n' "$*"; }
wrong() { cat "$work/live"; say "WRONG: $*"; exit 1; }
said() { grep -qF -- "$1" "$work/live" || wrong "it does not say: $1"; }
account=$("$aws" sts get-caller-identity --query Account --output text)

# ended CODE ARGUMENT...: a run with the account's id typed ends with this code; what it says is in $work/live.
ended() {
  local expected=$1 code=0
  tests/live "${@:2}" >"$work/live" 2>&1 <<<"$account" || code=$?
  [ "$code" = "$expected" ] || wrong "${*:2}: it ends with $code, not $expected"
}

# What is in the account, where nobody else makes anything.
left() {
  "$aws" s3api list-buckets --query 'Buckets[].Name' --output text
  "$aws" elbv2 describe-load-balancers --query 'LoadBalancers[].LoadBalancerName' --output text
  "$aws" ec2 describe-instances --filters Name=instance-state-name,Values=pending,running \
    --query 'Reservations[].Instances[].InstanceId' --output text
}
nothing_left() {
  local things
  things=$(left)
  [ -z "$things" ] || wrong "left in the account: $things"
}

# An aws-cli that notes that it was called, and answers some operations as AWS does when a session is over; and a dockreg
# that fails some commands after or instead of doing them.
mkdir -p "$work/stubs"
cat >"$work/stubs/aws" <<'STUB'
#!/usr/bin/env bash
echo "$*" >>"$NOTES"
case " ${EXPIRED:-} " in
  *" $2 "*) echo "An error occurred (ExpiredToken) when calling $2: The security token included in the request is expired" >&2; exit 254 ;;
esac
exec "$AWS" "$@"
STUB
cat >"$work/stubs/dockreg" <<'STUB'
#!/usr/bin/env bash
case " $* " in *" --dry-run "*) exec "$REAL" "$@" ;; esac
case " ${INSTEAD:-} " in *" $1 "*) exit 1 ;; esac
"$REAL" "$@" || exit
case " ${AFTER:-} " in *" $1 "*) exit 4 ;; esac
STUB
chmod +x "$work/stubs/aws" "$work/stubs/dockreg"
export NOTES=$work/called AWS=$aws REAL=$real PATH=$work/stubs:$PATH

say "arguments that would part dockreg from aws-cli, or delete images that are not the run's"
for flag in --bucket --stack-name --region --profile --nodes --htpasswd --detach --dry-run --no-verify --replace-records; do
  for argument in "$flag x" "$flag=x"; do
    # shellcheck disable=SC2086
    ended 2 --domain "$host" $argument
    said "live: $flag "
  done
done
for name in DOCKREG_REGION DOCKREG_PROFILE DOCKREG_STACK_NAME DOCKREG_BUCKET; do
  export $name=x
  ended 2 --domain "$host"
  unset $name
  said "live: $name "
done
[ ! -e "$NOTES" ] || wrong "a refused run has called AWS"
(
  unset AWS_REGION AWS_DEFAULT_REGION
  ended 1 --domain "$host"
)
said "name a region: AWS_REGION"

say "no consent"
code=0
tests/live --domain "$host" >"$work/live" 2>&1 <<<1 || code=$?
[ "$code" = 1 ] || wrong "it ends with $code"
said "not agreed to: nothing was made"
[ ! -e "$LIVE_ANSWERS" ] || wrong "it has begun"

say "a step fails while the stack stands"
AFTER=up DOCKREG=$work/stubs/dockreg ended 1 "--domain=$host"
grep -q '^up, two nodes .* FAILED$' "$work/live" || wrong "no row of the step that failed"
said "and the bucket dockreg-live-"
nothing_left

say "the session is over when all is to be deleted"
for expired in "describe-stacks list-buckets" describe-stacks list-buckets; do
  EXPIRED=$expired INSTEAD="up down" DOCKREG=$work/stubs/dockreg ended 1 --domain "$host"
  said "STILL THERE, and costing: perhaps "
  said "dockreg down --stack-name dockreg-live-"
  grep -q '^up, two nodes .* FAILED$' "$work/live" || wrong "no table"
done
INSTEAD="up down" DOCKREG=$work/stubs/dockreg ended 1 --domain "$host"
if grep -qF "STILL THERE" "$work/live"; then wrong "there is nothing, and it says that there is"; fi

say "from the first step to the last"
ended 0 --domain "$host"
nothing_left
if curl -fsS "$AWS_ENDPOINT_URL/_region/journal" | grep '"bug"'; then wrong "a bug of the region"; fi
say "done"
