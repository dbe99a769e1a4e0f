#!/bin/sh
# Run by the compose set and by a Job of the Kubernetes manifests, any number of times: a bucket, and a user who may
# do with it what the coordinator does, and nothing else.
set -eu
export MC_HOST_store="http://$MINIO_ROOT_USER:$MINIO_ROOT_PASSWORD@${MINIO_ADDRESS:-minio:9000}"
mc ready store
mc mb --ignore-existing store/atelier
cat >/tmp/policy.json <<'END'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      "Resource": ["arn:aws:s3:::atelier"]
    },
    {
      "Effect": "Allow",
      "Action": [
        "s3:GetObject", "s3:PutObject", "s3:DeleteObject",
        "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"
      ],
      "Resource": ["arn:aws:s3:::atelier/*"]
    }
  ]
}
END
mc admin policy create store atelier-run /tmp/policy.json
mc admin user add store "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
# Attaching twice is an error.
case "$(mc admin user info store "$AWS_ACCESS_KEY_ID")" in
  *atelier-run*) ;;
  *) mc admin policy attach store atelier-run --user "$AWS_ACCESS_KEY_ID" ;;
esac
