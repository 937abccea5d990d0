from oleoduto_jobs.etl.transform import main

main()
